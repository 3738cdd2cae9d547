#!/usr/bin/env bash
# Find what is public, then make a draft as yourself. TONGKE_TOKEN is a bearer token of POST /api/v1/token.
set -euo pipefail
site=${TONGKE_SITE:-http://127.0.0.1:8000}

curl -sS --fail --get "$site/api/v1/search" --data-urlencode "q=秋天" --data "per_page=5"
echo

# Sent again with the same key (after a broken connection, say), it is still one draft.
for attempt in 1 2; do
  curl -sS --fail "$site/api/v1/resources" \
    -H "Authorization: Bearer $TONGKE_TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: example-sh-1" \
    --data '{"kind": "lesson_case", "title": "秋天的雨", "grade": "3", "subject": "chinese"}'
  echo
done
