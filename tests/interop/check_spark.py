"""Reads the exports of exports.py with both of Spark's Parquet readers, and runs their kits, in one session.

    python tests/interop/check_spark.py DIR

Prints how many checks passed, and exits with 1 if one failed.
"""

import json
import sys
import tempfile
from datetime import date
from pathlib import Path

from pyspark.errors import PySparkException

import checks
import kit
import pairs
import read_spark
import tables
from exports import DATES

# Owners forms and variants, each only once, because Spark is slow.
KITS = [
    ("columns", "portable-zstd", "parquet"), ("struct", "ndjson", "ndjson"), ("table", "folder", "parquet"),
    ("struct", "partitions", DATES[1]), ("columns", "csv", "csv.gz"),
]
# The changes to apply: all of the course with one format, and once with the others.
CHANGES = [("columns", "portable-zstd", "parquet")]
MORE_CHANGES = [("struct", "ndjson", "ndjson"), ("table", "csv", "csv.gz")]


def files(folder, form, name, ending):
    owners = ".owners" if name == "owners" else ""
    return sorted((folder / "traps" / form).glob(f"*/contacts{owners}{ending}"))


def reads(spark, folder, endings):
    expected = json.loads((folder / "expected.json").read_text())["traps"]
    for form in tables.FORMS:
        for name, wanted in expected[form].items():
            table = tables.columns(form, name)
            for ending in endings:
                paths = files(folder, form, name, ending)
                assert paths, f"no {ending} of {name}, {form}"
                for path, rows in zip(paths, read_spark.rows(spark, paths, table)):
                    tables.same(rows, wanted, table, path.relative_to(folder))


def check_parquet_read_in_columns(spark, folder):
    spark.conf.set("spark.sql.parquet.enableVectorizedReader", True)
    spark.conf.set("spark.sql.parquet.enableNestedColumnVectorizedReader", True)
    reads(spark, folder, [".parquet"])


def check_parquet_read_in_rows(spark, folder):
    spark.conf.set("spark.sql.parquet.enableVectorizedReader", False)
    reads(spark, folder, [".parquet"])
    spark.conf.unset("spark.sql.parquet.enableVectorizedReader")


def check_ndjson(spark, folder):
    reads(spark, folder, [".ndjson", ".ndjson.gz", ".ndjson.zst"])


def check_a_folder_and_its_partitions(spark, folder):
    """Spark ignores names that begin with an underscore, and reads a partition's key as a column."""
    expected = json.loads((folder / "expected.json").read_text())["traps"]
    for form in tables.FORMS:
        wanted = [row[0] for row in expected[form]["contacts"]]
        parts = spark.read.parquet(str(folder / "traps" / form / "folder" / "contacts"))
        assert sorted(row.id for row in parts.select("id").collect()) == sorted(wanted), form
        all_partitions = spark.read.parquet(str(folder / "traps" / form / "partitions" / "contacts"))
        found = sorted(map(tuple, all_partitions.select("id", "run_date").collect()))
        assert found == sorted((number, date.fromisoformat(day)) for day in DATES for number in wanted), form


def check_the_table_of_the_schema(spark, folder):
    for form in tables.FORMS:
        for table in tables.names(form):
            spark.sql(f"DROP TABLE IF EXISTS {table}")
            for statement in kit.statements((folder / "schemas" / form / f"spark.{table}").read_text()):
                spark.sql(statement)
            found = {field.name: field.dataType.simpleString() for field in spark.table(table).schema}
            wanted = {field.name: field.dataType.simpleString() for field in read_spark.schema(tables.columns(form, table))}
            assert found == wanted, f"{form}, {table}: {found}"


def check_the_kit_loads_updates_deletes_and_proves(spark, folder):
    for form, way, of in KITS:
        def kit_of(organization):
            return folder / organization / form / way / f"kit.{of}"

        def run(text, _):
            for statement in kit.statements(text):
                spark.sql(statement)

        def verdict(text):
            [[said]] = spark.sql(text).collect()
            return said

        for table in tables.names(form):
            spark.sql(f"DROP TABLE IF EXISTS {table}")
            kit.course("spark", table, kit_of, run, verdict)


def check_the_kit_applies_changes_and_keeps_a_history(spark, folder):
    def run(path):
        try:
            for statement in kit.statements(path.read_text()):
                spark.sql(statement).collect()
        except PySparkException as error:
            raise kit.Refused(error) from error

    def ask(text):
        [[value]] = spark.sql(text).collect()
        return value

    for pair in pairs.pairs(folder, "traps"):
        for there, of in pair.variants():
            variant, kit_of_changes = (pair.form, there.name, of), there / f"kit.{of}"
            for dropped in ["VIEW IF EXISTS contacts_history", "TABLE IF EXISTS contacts", "TABLE IF EXISTS contacts_changes"]:
                spark.sql(f"DROP {dropped}")
            if variant in CHANGES:
                nothing = folder / "empty" / pair.form / "portable-zstd" / "kit.parquet"
                kit.changes_course("spark", pair, kit_of_changes, nothing, run, ask, "TIMESTAMP '{}'".format)
            elif variant in MORE_CHANGES:
                kit.short_course("spark", pair, kit_of_changes, run, ask)


def main():
    with tempfile.TemporaryDirectory() as own, read_spark.session(Path(own)) as spark:
        return checks.run(globals(), spark, Path(sys.argv[1]).resolve())


if __name__ == "__main__":
    sys.exit(main())
