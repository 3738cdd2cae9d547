// The words of the scripts, marked for the catalogue (web/locale). They are written in Chinese; a page in another
// language brings their translations along.
const translated = JSON.parse(document.querySelector("#texts")?.textContent ?? "{}");

export const _ = (words, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), translated[words] ?? words);
