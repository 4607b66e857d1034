"""dlt's REST API source writes Parquet files of contacts into a directory, with their owners as columns.

    python dlt_rest_api.py BASE_URL TARGET

It retries failed pages, follows the pages of one list one by one, and normalizes and writes files in parallel. Its state is in
the working directory. No rate limit, and nothing tells whether a contact is missing.
"""

import os
import sys
from pathlib import Path

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    # As its documentation advises for large loads: bigger buffers, files that rotate, and a process per core.
    "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "NORMALIZE__WORKERS": str(os.cpu_count()),
}

import dlt
from dlt.sources.rest_api import rest_api_source
from pages import HEADER, PER_PAGE, TOKEN


def main():
    base_url, target = sys.argv[1], Path(sys.argv[2]).absolute()
    source = rest_api_source({
        "client": {
            "base_url": f"{base_url}/api/partner/v2/",
            "headers": {HEADER: TOKEN},
            "paginator": {"type": "page_number", "base_page": 1, "total_path": "pagination.total_pages"},
        },
        "resources": [{
            "name": "contacts",
            "primary_key": "id",
            "write_disposition": "replace",
            "endpoint": {"path": "contacts", "params": {"per_page": PER_PAGE}, "data_selector": "contacts"},
        }],
    })
    pipeline = dlt.pipeline(
        "linq", pipelines_dir="state", dataset_name="linq",
        destination=dlt.destinations.filesystem(target.as_uri()),
    )
    pipeline.run(source, loader_file_format="parquet").raise_on_failed_jobs()


if __name__ == "__main__":
    main()
