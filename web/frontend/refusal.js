// Why another site's frame was refused, told in the console of those who keep that site.
console.error(`Tongke: ${document.querySelector("[data-refusal]").dataset.refusal}`);
