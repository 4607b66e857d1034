"""Analyzes the kits of exports.py with ZetaSQL, Google's own analyzer, and computes a digest with it.

    python tests/interop/check_zetasql.py DIR

It supports more than BigQuery does: it proves that SQL is wrong, not that it is right. Prints how many checks passed, and
exits with 1 if one failed.
"""

import json
import sys
from pathlib import Path

import wasmtime
from zetasql.api import Analyzer, CatalogBuilder, PreparedQuery, TableBuilder, TypeFactory
from zetasql.core import wasm_client
from zetasql.core.exceptions import ServerError
from zetasql.types import (
    AnalyzerOptions, LanguageOptions, TableContent, TableData, TypeKind, Value, ZetaSQLBuiltinFunctionOptions,
)

import checks
import kit
import pairs
import tables


def kept_configuration():
    """Caches the compiled analyzer next to its package, because compiling it takes half a minute."""
    file, configuration = Path(sys.prefix) / "wasmtime.toml", wasmtime.Config()
    file.write_text(f'[cache]\ndirectory = "{Path(sys.prefix) / "wasmtime"}"\n')
    configuration.cache = str(file)
    return configuration


wasm_client.Config = kept_configuration
LANGUAGE = LanguageOptions.maximum_features()
OPTIONS = AnalyzerOptions(language_options=LANGUAGE)
TYPES = {"INTEGER": TypeKind.TYPE_INT64, "STRING": TypeKind.TYPE_STRING, "TIMESTAMP": TypeKind.TYPE_TIMESTAMP}


def type_of(field):
    if field["type"] == "RECORD":
        return TypeFactory.create_struct_type([(inner["name"], type_of(inner)) for inner in field["fields"]])
    return TypeFactory.create_simple_type(TYPES[field["type"]])


def schema_of(path):
    return json.loads(path.read_text())


def catalog(schemas):
    """The tables with these names and schemas."""
    linq = CatalogBuilder("linq")
    for name, schema in schemas.items():
        builder = TableBuilder(name)
        for field in schema:
            builder.add_column(field["name"], type_of(field))
        linq.add_table(builder.build())
    return linq.with_builtin_functions(ZetaSQLBuiltinFunctionOptions(language_options=LANGUAGE)).build()


def within(text):
    """The text of a kit's file, with table names without a dataset, because only such tables can have rows."""
    return text.replace("linq.", "")


def kits(folder):
    for form in tables.FORMS:
        for table in tables.names(form):
            there = folder / "traps" / form / "portable-zstd" / "kit.parquet"
            schema = schema_of(there / kit.name("bigquery", table, "schema.json"))
            yield form, table, there, Analyzer(OPTIONS, catalog({table: schema, f"{table}_staging": schema}))


def check_the_merge_is_accepted(folder):
    for _, table, there, analyzer in kits(folder):
        merge = within((there / kit.name("bigquery", table, "merge.sql")).read_text())
        found = [type(analyzer.analyze_statement(one)).__name__ for one in kit.statements(kit.with_deletes(merge))]
        assert found == ["ResolvedCreateTableStmt", "ResolvedMergeStmt"], found


def check_the_changes_are_accepted(folder):
    times = [{"name": name, "type": "TIMESTAMP"} for name in ["valid_from", "valid_to"]]
    for pair in pairs.pairs(folder, "traps"):
        there = pair.folder / "portable-zstd" / "kit.parquet"
        contacts = schema_of(pair.kit("old") / "bigquery.schema.json")
        changes = schema_of(there / "bigquery.changes.schema.json")
        analyzer = Analyzer(OPTIONS, catalog({
            "contacts": contacts, "contacts_history": contacts + times,
            "contacts_changes": changes, "contacts_changes_staging": changes,
        }))
        for script, due in [
            ("changes.merge.sql", ["Query", "Merge", "Query"]),
            ("history.sql", ["CreateTable", "CreateView", "Begin", "Delete", "Insert", "Query", "Commit"]),
        ]:
            statements = kit.statements(within((there / f"bigquery.{script}").read_text()))
            found = [type(analyzer.analyze_statement(one)).__name__ for one in statements]
            assert found == [f"Resolved{name}Stmt" for name in due], found


def check_wrong_names_and_types_are_refused(folder):
    """Otherwise, accepting the kits would prove nothing."""
    _, table, there, analyzer = next(kits(folder))
    merge = kit.statements(within((there / "bigquery.merge.sql").read_text()))[1]
    for right, wrong in [("= s.email", "= s.mail"), ("= s.created_at", "= s.id")]:
        assert right in merge
        try:
            analyzer.analyze_statement(merge.replace(right, wrong))
        except ServerError:
            continue
        raise AssertionError(f"accepted: {wrong}")


def check_the_digest_is_accepted_and_computed(folder):
    everything = json.loads((folder / "expected.json").read_text())
    for form, table, there, analyzer in kits(folder):
        digest = within((there / kit.name("bigquery", table, "digest.sql")).read_text())
        columns = tables.columns(form, table)
        changed = "owner_changed" if table == "owners" else "changed"
        for organization, said in [("traps", "equal"), (changed, "the sum differs: "), ("empty", "the count differs: ")]:
            content = TableContent(table_data=TableData(row=[
                TableData.Row(cell=list(map(value, row, columns.values()))) for row in everything[organization][form][table]
            ]))
            query = (
                PreparedQuery.builder().set_sql(digest).set_analyzer_options(OPTIONS)
                .set_catalog(analyzer.catalog).set_table_content({table: content})
            )
            with query.prepare() as prepared:
                [row] = prepared.execute().content.table_data.row
            verdict = row.cell[0].string_value
            assert verdict.startswith(said), f"{form}, {table}, {organization}: {verdict}"


def value(plain, kind):
    """A plain value in the form that the analyzer expects."""
    if plain is None:
        return Value()
    if isinstance(kind, dict):
        return Value(struct_value=Value.Struct(field=list(map(value, plain, kind.values()))))
    if kind == tables.INSTANT:
        return instant(plain)
    return Value(int64_value=plain) if kind == tables.INTEGER else Value(string_value=plain)


def instant(microseconds):
    """The package's own conversion of timestamps fails."""
    made, sent = Value(), Value._PROTO_CLASS()
    sent.timestamp_value.FromMicroseconds(microseconds)
    made.to_proto = lambda: sent
    return made


if __name__ == "__main__":
    sys.exit(checks.run(globals(), Path(sys.argv[1]).resolve()))
