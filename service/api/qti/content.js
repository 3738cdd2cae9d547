// What an item shows, made anew element by element: nothing of a stranger's is ever parsed as HTML, and no attribute that runs
// anything, or leads away, is taken over.

const SHOWN = new Set(("p div span br hr h1 h2 h3 h4 h5 h6 em strong b i u s sub sup small big tt code pre samp kbd var dfn abbr " +
    "acronym address blockquote q cite ul ol li dl dt dd table caption thead tbody tfoot tr th td col colgroup figure figcaption " +
    "ruby rb rt rp bdo bdi section article aside header footer a").split(" "));
const KEPT = new Set(["class", "lang", "dir", "title", "colspan", "rowspan", "scope", "start", "reversed", "width", "height", "alt"]);
const UNSHOWN = new Set(["script", "style", "stylesheet", "templateinline", "templateblock", "mathvariant", "catalogref", "companionmaterialsinfo"]);

function make(name, properties, ...inside) {
    const element = Object.assign(document.createElement(name), properties || {});
    element.append(...inside.filter((one) => one !== null));
    return element;
}

// `item` is what shows and answers one item (player.js): its address, its variables, its feedback.
function shown(node, item) {
    if (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE) return document.createTextNode(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE) return null;
    if (node.namespaceURI === MATHML) return formula(node);
    const name = named(node);
    if (UNSHOWN.has(name)) return null;
    const known = INTERACTIONS.get(name) || ELEMENTS.get(name) || (/interaction$/.test(name) && unknown);
    if (known) return known(node, item);
    const element = make(SHOWN.has(name) && name !== "a" ? name : "span"); // a link would lead out of the package
    for (const found of node.attributes) {
        if (KEPT.has(found.localName)) element.setAttribute(found.localName, found.value);
    }
    return filled(element, node, item);
}

function filled(element, node, item) {
    for (const one of node.childNodes) {
        const found = shown(one, item);
        if (found) element.append(found);
    }
    return element;
}

// All that stands in a node, of a choice or a prompt.
const inside = (node, item) => filled(document.createDocumentFragment(), node, item);

function formula(node) {
    const element = document.createElementNS(MATHML, node.localName);
    for (const found of node.attributes) {
        if (!/^on|href|src|action/i.test(found.localName) && !/^xmlns/.test(found.name)) {
            element.setAttribute(found.localName, found.value);
        }
    }
    for (const one of node.childNodes) {
        if (one.nodeType === Node.TEXT_NODE) element.append(one.data);
        else if (one.nodeType === Node.ELEMENT_NODE && one.namespaceURI === MATHML) element.append(formula(one));
    }
    return element;
}

function picture(node, item, source, words) {
    const element = make("img", {src: here(source, item.address), alt: words || ""});
    for (const name of ["width", "height"]) {
        const told = parseInt(node.getAttribute(name), 10);
        if (told > 0 && !/%/.test(node.getAttribute(name))) element.setAttribute(name, told);
    }
    return element;
}

function recording(kind, node, item, source) {
    return make(kind, {controls: true, preload: "metadata", src: here(source, item.address)});
}

// Shown or hidden by an outcome (QTI 2.2 information model, 7).
function feedback(element, node, item) {
    item.feedback.push({
        element, identifier: attribute(node, "identifier"), outcome: attribute(node, "outcomeidentifier"),
        hide: attribute(node, "showhide") === "hide",
    });
    return filled(element, node, item);
}

const ELEMENTS = new Map(Object.entries({
    img: (node, item) => picture(node, item, node.getAttribute("src") || "", node.getAttribute("alt")),
    audio: (node, item) => recording("audio", node, item, sourceOf(node)),
    video: (node, item) => recording("video", node, item, sourceOf(node)),
    object: (node, item) => {
        const kind = (node.getAttribute("type") || "").split("/")[0];
        const source = node.getAttribute("data") || "";
        if (kind === "image") return picture(node, item, source, node.textContent.trim());
        if (kind === "audio" || kind === "video") return recording(kind, node, item, source);
        return filled(make("span"), node, item);
    },
    rubricblock: (node, item) =>
        /candidate/.test(attribute(node, "view") || "candidate") ? filled(make("div", {className: "rubric"}), node, item) : null,
    feedbackinline: (node, item) => feedback(make("span", {className: "feedback", hidden: true}), node, item),
    feedbackblock: (node, item) => feedback(make("div", {className: "feedback", hidden: true}), node, item),
    printedvariable: (node, item) => {
        const element = make("output");
        item.printed.push({element, identifier: attribute(node, "identifier")});
        return element;
    },
}));

const sourceOf = (node) => node.getAttribute("src") || (child(node, "source") && child(node, "source").getAttribute("src")) || "";
