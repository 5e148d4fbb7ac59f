"""A DAG for Airflow: ask for a run of a brief, then execute the run notebook; tried again, it is the same request."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow import DAG
from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.providers.standard.operators.bash import BashOperator

with DAG(
    "shop_intent", schedule="0 3 * * *", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False
) as dag:
    ask = BashOperator(
        task_id="ask",
        cwd="/srv/shop",
        bash_command="mkdir -p .alloy/cache && alloynb brief compile --json > .alloy/cache/brief.json"
        " && alloynb request create $(jq -r .data.id .alloy/cache/brief.json) --json | jq -r .data.request_id",
        do_xcom_push=True,
    )
    execute = PapermillOperator(
        task_id="execute",
        input_nb="/opt/alloy/run_request.ipynb",
        output_nb="/srv/runs/shop-{{ ds }}.ipynb",
        parameters={"request": "{{ ti.xcom_pull(task_ids='ask') }}", "workspace": "/srv/shop"},
        kernel_name="foundry",
        language_name="python",
    )
    ask >> execute
