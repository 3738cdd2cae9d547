// What makes the pages quicker; each works without it, but for resumable uploads. What a page does not hold is not loaded.

if (document.querySelector("tongke-upload")) import("./upload.js");
if (document.querySelector("form[data-autosave], [data-marks]")) import("./edit.js").then(({ begin }) => begin());
if (document.querySelector("tongke-start")) import("./start.js");
if (document.querySelector("[data-live]")) import("./live.js");
if (document.querySelector("tongke-suggest")) import("./suggest.js");
if (document.querySelector("tongke-several")) import("./several.js");
if (document.querySelector("tongke-copy, tongke-transcript")) import("./resource.js");

import("./shortcuts.js");

// Leaving with changes that are not saved asks first.
for (const form of document.querySelectorAll("form[data-guard]:not([data-autosave])")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// The kind chooses which fields stand open.
for (const details of document.querySelectorAll("details[data-kind]")) {
  for (const choice of document.querySelectorAll("input[name=kind]")) {
    choice.addEventListener("change", () => { details.open = choice.value === details.dataset.kind; });
  }
}

document.querySelector(".error-summary")?.focus();
