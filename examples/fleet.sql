-- The last run of every organization, by its report: which failed and why, which should be tried again, how complete the others
-- are, and how old. For DuckDB, in the directory that holds the reports:
--
--     duckdb -c ".read fleet.sql"
SELECT
    parse_path(filename)[-2] AS organization,
    outcome,
    exit_code AS code,
    coalesce(error->>'retry', '') AS retry,
    manifest->>'$.completeness.level' AS level,
    (manifest->>'$.contacts.rows')::BIGINT AS contacts,
    round(seconds, 1) AS seconds,
    date_diff('hour', finished_at::TIMESTAMPTZ, now()) AS hours_ago,
    coalesce(error->>'message', '') AS message
FROM read_json('*/report.json',
    filename = true,
    columns = {
        outcome: 'VARCHAR', exit_code: 'INTEGER', seconds: 'DOUBLE', finished_at: 'VARCHAR', error: 'JSON', manifest: 'JSON'
    })
ORDER BY outcome = 'success', organization;
