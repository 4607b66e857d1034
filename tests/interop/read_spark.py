"""Reads exports with Spark, in one session. Parquet needs no options, and is read with both readers; NDJSON needs types.

CSV is left out: Spark turns every line break within text into `\\n`, and "" into null in places.
"""

from contextlib import contextmanager

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, input_file_name, unix_micros
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from tables import INSTANT, INTEGER, TEXT

ENDINGS = [".parquet", ".ndjson", ".ndjson.gz", ".ndjson.zst"]
TYPES = {TEXT: StringType(), INTEGER: LongType(), INSTANT: TimestampType()}


@contextmanager
def session(folder):
    """Stores everything in a directory. Uses a time zone other than UTC, as users have."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.sql.session.timeZone", "America/New_York")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def schema(table):
    """All fields are nullable, as in any reader of files."""
    return StructType([
        StructField(column, schema(kind) if isinstance(kind, dict) else TYPES[kind]) for column, kind in table.items()
    ])


def frame(spark, paths, table):
    """The files, which have one extension, as one DataFrame."""
    names = list(map(str, paths))
    if names[0].endswith(".parquet"):
        return spark.read.parquet(*names)
    return spark.read.schema(schema(table)).json(names)


def rows(spark, paths, table):
    """The rows of each file, in order, read in one query."""
    read = frame(spark, paths, table)
    found = {field.name: field.dataType.simpleString() for field in read.schema}
    wanted = {field.name: field.dataType.simpleString() for field in schema(table)}
    assert found == wanted, f"types: {found}"
    columns = [unix_micros(col(column)) if kind == INSTANT else col(column) for column, kind in table.items()]
    by_file = {path.as_uri(): [] for path in paths}
    for file, *row in read.select(input_file_name(), *columns).collect():
        by_file[file].append([list(value) if isinstance(value, tuple) else value for value in row])
    return list(by_file.values())
