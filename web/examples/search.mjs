// Find what is public, then make a draft as yourself. TONGKE_TOKEN is a bearer token of POST /api/v1/token.
const site = process.env.TONGKE_SITE ?? "http://127.0.0.1:8000";

async function call(path, options = {}) {
  const answer = await fetch(`${site}/api/v1${path}`, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${body.title}: ${body.detail}`); // problem+json
  return body;
}

console.log(JSON.stringify(await call(`/search?${new URLSearchParams({ q: "秋天", per_page: 5 })}`)));

// Sent again with the same key (after a broken connection, say), it is still one draft.
const headers = {
  Authorization: `Bearer ${process.env.TONGKE_TOKEN}`,
  "Content-Type": "application/json",
  "Idempotency-Key": "example-js-1",
};
const body = JSON.stringify({ kind: "lesson_case", title: "秋天的雨", grade: "3", subject: "chinese" });
for (let attempt = 0; attempt < 2; attempt += 1) {
  console.log(JSON.stringify(await call("/resources", { method: "POST", headers, body })));
}
