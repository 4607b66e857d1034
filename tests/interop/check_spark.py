"""Reads the exports of exports.py with Spark in both of its ways, and runs their kits there, in one session.

    python tests/interop/check_spark.py FOLDER

Ends with how many checks passed; exits 1 if one failed.
"""

import json
import sys
import tempfile
from pathlib import Path

import checks
import kit
import read_spark
import tables


def files(folder, form, name, ending):
    owners = ".owners" if name == "owners" else ""
    return sorted((folder / "traps" / form).glob(f"*/contacts{owners}{ending}"))


def reads(spark, folder, endings):
    expected = json.loads((folder / "expected.json").read_text())["traps"]
    for form in tables.FORMS:
        for name, wanted in expected[form].items():
            table = tables.OWNERS if name == "owners" else tables.contacts(form)
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


def check_the_kit_loads_updates_deletes_and_proves(spark, folder):
    for form, way, ending in [("columns", "portable-zstd", "parquet"), ("struct", "ndjson", "ndjson"), ("table", "portable-zstd", "parquet")]:
        def kit_of(organisation):
            return folder / organisation / form / way / f"kit.{ending}"

        def run(text, _):
            for statement in kit.statements(text):
                spark.sql(statement)

        def verdict(text):
            [[said]] = spark.sql(text).collect()
            return said

        for table in ["contacts", "owners"] if form == "table" else ["contacts"]:
            spark.sql(f"DROP TABLE IF EXISTS {table}")
            kit.course("spark", table, kit_of, run, verdict)


def main():
    with tempfile.TemporaryDirectory() as own, read_spark.session(Path(own)) as spark:
        return checks.run(globals(), spark, Path(sys.argv[1]).resolve())


if __name__ == "__main__":
    sys.exit(main())
