"""Store one file in a local store of hf-xet: python xet.py STORE FILE. Run by the peers' Python."""

import json
import os
import resource
import sys
import time

import hf_xet

store, file = sys.argv[1:3]
start = time.perf_counter()
commit = hf_xet.XetSession().new_upload_commit(endpoint=f"local://{os.path.abspath(store)}")
commit.start_upload_file(os.path.abspath(file))
metrics = commit.wait_to_finish().dedup_metrics
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "stored": metrics.total_bytes_uploaded}))
