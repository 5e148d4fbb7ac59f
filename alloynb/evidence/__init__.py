"""The evidence store: facts in journals and Parquet, published as one DuckDB file that anybody may open (spec 6.1)."""
