// An item's XML (QTI 2.0 to 3.0; older.js has 1.2). Version 3 only writes the names differently (qti-simple-choice for simpleChoice), so both
// are read by names without prefix, hyphens and capitals.

const XHTML = "http://www.w3.org/1999/xhtml";
const MATHML = "http://www.w3.org/1998/Math/MathML";

function named(element) {
    return element.localName.replace(/^qti-/, "").replace(/-/g, "").toLowerCase();
}

function attribute(element, name) {
    for (const found of element.attributes) {
        if (found.localName.replace(/-/g, "").toLowerCase() === name && !/^xmlns/.test(found.name)) return found.value;
    }
    return null;
}

const children = (element, ...names) =>
    [...element.children].filter((child) => !names.length || names.includes(named(child)));
const child = (element, name) => children(element, name)[0] || null;
const within = (element, ...names) => [...element.getElementsByTagName("*")].filter((one) => names.includes(named(one)));

// The address of what lies in the package, or in the page itself; empty for what leads elsewhere (which the policy of the page
// would not load either).
function here(href, base) {
    try {
        const found = new URL(href, base).href;
        return found.startsWith(new URL(".", location.href).href) || /^data:/.test(found) ? found : "";
    } catch (error) {
        return "";
    }
}

const NAMED_TYPE = /^(\s*(?:<\?xml[^>]*\?>)?\s*)<!DOCTYPE\s+[\w:.-]+(?:\s+(?:SYSTEM|PUBLIC)(?:\s+(?:"[^"<>[\]]*"|'[^'<>[\]]*')){1,2})?\s*>/i;

// The document at an address. What has a document type could bring entities along: it is not even parsed, unless the type only
// names a file, as those of version 1 do, which is passed over.
async function fetched(address) {
    const answer = address ? await fetch(address) : {ok: false};
    if (!answer.ok) throw new Error(_("包里没有这道题的文件。"));
    const text = decoded(new Uint8Array(await answer.arrayBuffer())).replace(NAMED_TYPE, "$1");
    if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new Error(_("这道题带有文档类型声明，为安全起见没有打开。"));
    const read = new DOMParser().parseFromString(text, "application/xml");
    if (read.getElementsByTagName("parsererror").length) throw new Error(_("这道题的文件已损坏。"));
    return read.documentElement;
}

function decoded(bytes) {
    const start = String.fromCharCode(...bytes.subarray(0, 200));
    const wide = {"\xff\xfe": "utf-16le", "\xfe\xff": "utf-16be"}[start.slice(0, 2)];
    const told = /^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)/.exec(start);
    let decoder;
    try {
        decoder = new TextDecoder(wide || (told && told[1]) || "utf-8");
    } catch (error) {
        decoder = new TextDecoder();
    }
    return decoder.decode(bytes);
}

// The item with the stimuli that it shares with others put in: XInclude as TAO writes it, or references (QTI 2.2, 3).
async function readItem(address) {
    const [file, number] = address.split("#");
    const item = await (number ? bank(file) : fetched(file));
    if (number) {
        const old = within(item, "item")[parseInt(number, 10) - 1];
        if (named(item) !== "questestinterop" || !old) throw new Error(_("这个文件不是一道题。"));
        return renewed(old);
    }
    if (named(item) !== "assessmentitem") throw new Error(_("这个文件不是一道题。"));
    const body = child(item, "itembody");
    if (!body) throw new Error(_("这道题没有内容。"));
    const stimuli = await Promise.all(children(item, "assessmentstimulusref").map((one) => stimulus(one, address)));
    body.prepend(...stimuli.flat());
    for (const include of within(body, "include")) include.replaceWith(...(await stimulus(include, address)));
    return {item, body};
}

// A file of many items (version 1), read once; which of them is meant stands behind the # of an address.
const banks = new Map();
function bank(address) {
    if (!banks.has(address)) banks.set(address, fetched(address));
    return banks.get(address);
}

async function stimulus(reference, address) {
    const there = here(attribute(reference, "href") || "", address);
    const root = await fetched(there);
    const shown = child(root, "stimulusbody") || root;
    for (const one of within(shown, "img", "object", "audio", "video", "source")) {
        for (const name of ["src", "data"]) {
            if (one.hasAttribute(name)) one.setAttribute(name, here(one.getAttribute(name), there));
        }
    }
    return [...shown.childNodes].map((node) => reference.ownerDocument.importNode(node, true));
}
