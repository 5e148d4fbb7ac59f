"""What kind of thing a library is: user interface, framework, vendor, store, process, network (spec 2.5)."""

from __future__ import annotations

import sys

_KINDS = {
    "a user interface": (
        "click typer rich argparse prompt_toolkit textual questionary cyclopts fire docopt tkinter PyQt5 "
        "PyQt6 PySide6 wx kivy streamlit gradio dash nicegui tqdm ipywidgets react react-dom vue svelte "
        "inquirer commander yargs chalk ink github.com/spf13/cobra github.com/charmbracelet/bubbletea clap "
        "ratatui egui"
    ),
    "a web framework": (
        "flask fastapi django starlette tornado aiohttp sanic bottle quart litestar pyramid falcon uvicorn "
        "werkzeug express koa fastify next hapi nestjs github.com/gin-gonic/gin github.com/labstack/echo axum "
        "actix_web rocket warp org.springframework io.quarkus io.micronaut"
    ),
    "somebody else's service": (
        "boto3 botocore stripe openai anthropic twilio sendgrid slack_sdk google azure braintree github "
        "pygithub gitlab jira sentry_sdk datadog newrelic paypalrestsdk hvac snowflake databricks mlflow "
        "wandb litellm langchain mcp notion_client aws-sdk @aws-sdk github.com/aws/aws-sdk-go com.amazonaws "
        "com.stripe"
    ),
    "a store": (
        "sqlalchemy psycopg psycopg2 asyncpg pymongo redis duckdb sqlite3 peewee tortoise pymysql cassandra "
        "elasticsearch motor alembic mongoose pg knex prisma typeorm gorm.io/gorm diesel sqlx org.hibernate"
    ),
    "the door to other processes": (
        "subprocess pexpect paramiko fabric docker kubernetes sh plumbum child_process git execa"
    ),
    "the network": (
        "requests httpx urllib3 socket websockets grpc grpcio aiofiles axios node-fetch reqwest hyper"
    ),
    "an operating system call": ("ctypes cffi win32api fcntl"),
}
KIND_OF = {library: kind for kind, names in _KINDS.items() for library in names.split()}
OUTER_KINDS = frozenset(
    {
        "a user interface",
        "a web framework",
        "somebody else's service",
        "a store",
        "the door to other processes",
    }
)
"""What a core usually does not want to know of."""

_UNREMARKABLE = frozenset(
    {"typing_extensions", "setuptools", "pkg_resources", "attr", "attrs", "six", "yaml", "toml", "tomli"}
)


def kind_of(library: str) -> str:
    """Say what kind of thing a library is; empty for those that say nothing (standard library, small helpers)."""
    top = (
        library.split("/", maxsplit=1)[0]
        if not library.startswith("@") and "." not in library.split("/", maxsplit=1)[0]
        else library
    )
    if top in KIND_OF:
        return KIND_OF[top]
    if top in sys.stdlib_module_names or top.startswith("_") or top in _UNREMARKABLE:
        return ""
    return "a library of somebody else"
