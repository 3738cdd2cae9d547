// What a page's controls are like to a finger, to the keyboard and to a screen reader. Evaluates to lists of faults.
({ least }) => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, audio, video, [tabindex='0']";
  const told = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 140);
  const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
  const controls = [...document.querySelectorAll(CONTROLS)].filter(seen);

  // The box that answers to a finger: a choice's label counts with it.
  const target = (node) => (node.matches("input[type=checkbox], input[type=radio], input[type=file]") && node.closest("label")) || node;
  // WCAG 2.5.5: a link among the words of a sentence may be as high as its line.
  const inSentence = (node) => node.matches("a") && getComputedStyle(node).display === "inline"
    && [...node.parentElement.childNodes].some((near) => near.nodeType === Node.TEXT_NODE && /[\p{L}\p{N}]/u.test(near.data));
  const small = controls.filter((node) => !inSentence(node) && !node.matches("[tabindex='0'], .skip")).flatMap((node) => {
    const { width, height } = target(node).getBoundingClientRect();
    return Math.min(width, height) < least - 0.5 ? [`${Math.round(width)} × ${Math.round(height)}: ${told(node)}`] : [];
  });

  const outlined = (node) => { const style = getComputedStyle(node); return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2; };
  const unmarked = [], covered = [];
  for (const node of controls.filter((node) => !node.disabled)) {
    node.focus();
    if (document.activeElement !== node || !node.matches(":focus-visible")) continue;
    const box = target(node);
    if (!outlined(node) && !outlined(box)) unmarked.push(told(node));
    const { left, top, width, height } = box.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 20));
    if (above && !box.contains(above) && !above.contains(box)) covered.push(`${told(node)} under ${told(above)}`);
  }

  // Inside one landmark, links that read alike lead to the same place.
  const name = (node) => (node.ariaLabel ?? node.textContent).replace(/\s+/g, " ").trim();
  const ways = new Map();
  for (const link of controls.filter((node) => node.matches("a"))) {
    const within = link.closest("nav, main, header, footer, aside, section[aria-labelledby]");
    const key = [...document.querySelectorAll("*")].indexOf(within) + name(link);
    ways.set(key, (ways.get(key) ?? new Set()).add(link.href));
  }
  const ambiguous = [...ways].filter(([, ends]) => ends.size > 1).map(([key, ends]) => `${key}: ${[...ends].join(" ")}`);
  return { small, unmarked, covered, ambiguous };
}
