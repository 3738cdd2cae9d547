// Items of QTI 1.2 (ASI information model 1.2.1), written as items of version 2, so that all the rest knows one model. What is not
// known here is a customInteraction, or NULL in a condition.

// Outcomes of ours; no identifier of an item begins with a space.
const STOPPED = " stopped";
const TOLD = " told";

function written(name, told, ...inside) {
    const element = document.implementation.createDocument(null, name).documentElement;
    for (const [key, given] of Object.entries(told || {})) if (given !== null && given !== undefined) element.setAttribute(key, given);
    element.append(...inside);
    return element;
}

const yes = (node, name) => (attribute(node, name) || "").toLowerCase() === "yes";
const ident = (node) => attribute(node, "ident") || "";
const plainly = (text) => written("span", {class: "plain"}, text);

// `old` is an item of <questestinterop>. Gives what readItem gives.
function renewed(old) {
    const presentation = child(old, "presentation");
    if (!presentation) throw new Error(_("这道题没有内容。"));
    const conditions = within(old, "varequal", "varsubset", "varsubstring", "varlt", "varlte", "vargt", "vargte");
    const of = {responses: new Map(), made: [], conditions, kind: kindOf(old), texts: within(presentation, "response_str").length};
    const body = written("itemBody", {}, ...shared(old), ...children(presentation).flatMap((one) => drawn(one, of)));
    headed(body);
    const item = written("assessmentItem", {title: attribute(old, "title")});
    item.append(...of.made.map((one) => written("responseDeclaration", {identifier: one.name, cardinality: one.many, baseType: one.type})));
    item.append(...rules(old, of), body);
    for (const one of children(old, "itemfeedback")) {
        const told = {outcomeIdentifier: TOLD, identifier: ident(one), showHide: "show"};
        if (/^(all|candidate)$/i.test(attribute(one, "view") || "all")) item.append(written("modalFeedback", told, ...materials(one)));
    }
    return {item, body};
}

// What Canvas says of an item: `fill_in_multiple_blanks_question` lists the answers of each blank as choices.
function kindOf(old) {
    const told = within(old, "qtimetadatafield").find((one) => within(one, "fieldlabel").some((each) => each.textContent.trim() === "question_type"));
    return told ? within(told, "fieldentry").map((one) => one.textContent.trim()).join() : "";
}

// What stands before the only question of an item is its prompt.
function headed(body) {
    const [only, more] = within(body, "choiceinteraction", "orderinteraction", "matchinteraction", "extendedtextinteraction", "textentryinteraction");
    if (!only || more || named(only) === "textentryinteraction" || child(only, "prompt")) return;
    const before = [...only.parentElement.children].filter((one) => one.compareDocumentPosition(only) === Node.DOCUMENT_POSITION_FOLLOWING);
    if (before.length) only.prepend(written("prompt", {}, ...before.filter((one) => named(one) !== "rubricblock")));
}

// What the sections around an item give to read before it.
function shared(old) {
    const found = [];
    for (let around = old.parentElement; around; around = around.parentElement) {
        found.unshift(...children(around, "presentation_material").map((one) => written("rubricBlock", {}, ...materials(one))));
    }
    return found;
}

// What it shows ------------------------------------------------------------------------------------------------------

const materials = (node) => children(node).flatMap((one) => drawn(one, null));

// A node of a presentation. `of` gathers the responses; without it there are none.
function drawn(node, of) {
    const name = named(node);
    if (/^flow(_mat|_label)?$|^(solution|hint)(material)?$/.test(name)) {
        return [written("div", {}, ...children(node).flatMap((one) => drawn(one, of)))];
    }
    if (name === "material") return [...node.children].flatMap(matter);
    if (!of || !/^response_(lid|grp|str|num|xy|extension)$/.test(name)) return [];
    if (name === "response_str" || name === "response_num") return typed(node, of);
    return name === "response_lid" || name === "response_grp" ? chosen(node, of) : seen(node);
}

// What cannot be answered here can be seen.
const seen = (node) => [...within(node, "material").flatMap((one) => drawn(one, null)), written("customInteraction")];

function matter(node) {
    const name = named(node);
    if (name === "mattext") {
        if (node.children.length) return [written("div", {}, ...[...node.childNodes].map((one) => one.cloneNode(true)))];
        const text = node.textContent;
        const told = attribute(node, "texttype");
        const marked = told ? /html/i.test(told) : /<\/?(p|div|br|img|span|b|i|u|strong|em|su[bp]|table|font)\b/i.test(text);
        return [marked ? fromHtml(text) : plainly(text)];
    }
    if (name === "mat_extension") return within(node, "mat_formattedtext").map((one) => fromHtml(one.textContent));
    if (name === "matemtext") return [written("em", {}, node.textContent)];
    if (name === "matbreak") return [written("br")];
    const kind = {matimage: "img", mataudio: "audio", matvideo: "video"}[name];
    if (!kind) return [];
    const size = {width: attribute(node, "width"), height: attribute(node, "height")};
    return [written(kind, {src: source(node), alt: attribute(node, "label") || alternative(node), ...size})];
}

const alternative = (node) => within(node.parentElement, "altmaterial").map((one) => one.textContent.trim()).join(" ");

function source(node) {
    const type = attribute(node, "imagtype") || "";
    if (!/^base64$/i.test(attribute(node, "embedded") || "")) return based(attribute(node, "uri") || "");
    return /^image\/(png|gif|jpe?g|webp)$/i.test(type) ? `data:${type};base64,${node.textContent.replace(/\s+/g, "")}` : "";
}

// Canvas and Common Cartridge write the folder of the package's files so.
const based = (href) => href.replace(/^(\$|%24)IMS-CC-FILEBASE(\$|%24)\/?/i, () => new URL("web_resources/", location.href).href);

// HTML as text. It is read in a document that runs and loads nothing, and shown element by element as all else is.
function fromHtml(text) {
    const {body} = new DOMParser().parseFromString(text, "text/html");
    for (const one of body.querySelectorAll("[src]")) one.setAttribute("src", based(one.getAttribute("src")));
    return written("div", {}, ...body.childNodes);
}

// What it asks -------------------------------------------------------------------------------------------------------

function respond(of, name, type, many, ...called) {
    const response = {name, type, many};
    of.made.push(response);
    for (const one of called) if (!of.responses.has(one)) of.responses.set(one, response);
    return response;
}

const comparisons = (of, name) => of.conditions.filter((one) => attribute(one, "respident") === name);

// What stands in a response around its choices is its prompt.
function prompts(node) {
    const render = children(node).find((one) => /^render_/.test(named(one)));
    const around = [...children(node), ...(render ? children(render) : [])];
    return around.flatMap((one) => (/^(material|flow_mat)$/.test(named(one)) ? drawn(one, null) : []));
}

const prompted = (node) => (prompts(node).length ? [written("prompt", {}, ...prompts(node))] : []);

function chosen(node, of) {
    const render = child(node, "render_choice");
    const labels = within(node, "response_label");
    const slider = child(node, "render_slider");
    if (slider || !labels.length || child(node, "render_hotspot") || child(node, "render_extension")) return seen(node);
    const name = ident(node);
    const many = (attribute(node, "rcardinality") || "single").toLowerCase();
    const told = {responseIdentifier: name, shuffle: render ? String(yes(render, "shuffle")) : "false"};
    const choice = (kind, more) => (label) =>
        written(kind, {identifier: ident(label), fixed: yes(label, "rshuffle") || attribute(label, "rshuffle") === null ? "false" : "true", ...more}, ...materials(label));
    const sources = named(node) === "response_grp" ? sourcesOf(labels, comparisons(of, name)) : [];
    if (sources.length && sources.length < labels.length) {
        respond(of, name, "directedPair", "multiple", name).sources = sources.map(ident);
        const set = (ones) => written("simpleMatchSet", {}, ...ones.map((one) => choice("simpleAssociableChoice", {matchMax: whole(one, "match_max", 1)})(one)));
        const targets = labels.filter((one) => !sources.includes(one));
        return [written("matchInteraction", told, ...prompted(node), set(sources), set(targets))];
    }
    if (of.kind === "fill_in_multiple_blanks_question") {
        respond(of, name, "string", "single", name).answers = new Map(labels.map((one) => [ident(one), one.textContent.trim()]));
        return [...prompts(node), written("textEntryInteraction", {responseIdentifier: name})];
    }
    respond(of, name, "identifier", many, name);
    if (many === "ordered") return [written("orderInteraction", told, ...prompted(node), ...labels.map(choice("simpleChoice")))];
    const most = many === "single" ? 1 : (render && whole(render, "maxnumber", 0)) || 0;
    return [written("choiceInteraction", {...told, maxChoices: most}, ...prompted(node), ...labels.map(choice("simpleChoice")))];
}

// The side of a matching that is drawn to the other: it names its match_group, or stands first in the conditions.
function sourcesOf(labels, conditions) {
    const grouped = labels.filter((one) => attribute(one, "match_group"));
    const first = conditions.map((one) => one.textContent.split(",")).filter((parts) => parts.length === 2).map(([one]) => one.trim());
    return grouped.length ? grouped : labels.filter((one) => first.includes(ident(one)));
}

// Blanks where response_label stands, else one at the end. `response_str` may name its blanks by number or by their labels.
function typed(node, of) {
    const render = child(node, "render_fib") || node;
    const name = ident(node);
    const slider = child(node, "render_slider");
    const labels = within(node, "response_label");
    const number = named(node) === "response_num" || /^(integer|decimal|scientific)$/i.test(attribute(render, "fibtype") || "") ||
        comparisons(of, name).some((one) => /^var[lg]te?$/.test(named(one)));
    const type = number ? "float" : "string";
    if (slider) {
        respond(of, name, "float", "single", name);
        const [low, high, step] = ["lowerbound", "upperbound", "step"].map((each) => attribute(slider, each));
        return [written("sliderInteraction", {responseIdentifier: name, lowerBound: low || 0, upperBound: high || 100, step}, ...prompted(node))];
    }
    const blanks = [];
    const blank = (label) => {
        const own = labels.length > 1 ? `${name} ${blanks.length + 1}` : name;
        blanks.push(respond(of, own, type, "single", own, ...(label ? [ident(label)] : []), ...(blanks.length ? [] : [name])));
        const lines = whole(render, "rows", 0);
        // An essay: long, or the only text of its item and nothing to compare it with.
        const long = lines > 1 || (!number && of.texts === 1 && labels.length < 2 && !comparisons(of, name).length && !comparisons(of, label ? ident(label) : name).length);
        if (long) return written("extendedTextInteraction", {responseIdentifier: own, expectedLines: lines > 1 ? lines : 6});
        return written("textEntryInteraction", {responseIdentifier: own, expectedLength: attribute(render, "columns") || attribute(render, "maxchars")});
    };
    const walk = (one) => {
        const kind = named(one);
        if (kind === "response_label") return [...materials(one), blank(one)];
        return /^(render_fib|flow|flow_label)$/.test(kind) ? children(one).flatMap(walk) : drawn(one, null);
    };
    const found = children(node).flatMap(walk);
    return blanks.length ? found : [...found, blank(null)];
}

// What it is worth ---------------------------------------------------------------------------------------------------

const constant = (type, text) => written("baseValue", {baseType: type}, text);
const variable = (name) => written("variable", {identifier: name});
const set = (name, expression) => written("setOutcomeValue", {identifier: name}, expression);

// Declarations of outcomes, and the response processing. Nothing is scored where no condition sets a variable.
function rules(old, of) {
    const processings = children(old, "resprocessing");
    const given = processings.flatMap((one) => within(one, "setvar"));
    const names = given.map((one) => attribute(one, "varname") || attribute(one, "variablename") || "SCORE");
    const main = names.find((one) => one.toUpperCase() === "SCORE") || names[0];
    const declared = processings.flatMap((one) => within(one, "decvar"));
    const found = [
        written("outcomeDeclaration", {identifier: STOPPED, cardinality: "single", baseType: "boolean"}),
        written("outcomeDeclaration", {identifier: TOLD, cardinality: "multiple", baseType: "identifier"}),
    ];
    const scores = new Map([...new Set(names)].map((name) => {
        const told = declared.find((one) => attribute(one, "varname") === name) || (name === main && declared.find((one) => !attribute(one, "varname"))) || null;
        const score = {name: name === main ? "SCORE" : name, low: bound(told, "minvalue"), high: bound(told, "maxvalue")};
        const start = bound(told, "defaultval");
        found.push(written("outcomeDeclaration", {identifier: score.name, cardinality: "single", baseType: "float", normalMaximum: score.high},
            ...(start === null ? [] : [written("defaultValue", {}, written("value", {}, start))])));
        return [name, score];
    }));
    const conditions = processings.flatMap((one) => [set(STOPPED, written("null")), ...children(one, "respcondition").map((each) => condition(each, scores, of))]);
    const bounds = [...scores.values()].flatMap(({name, low, high}) => [
        ...(low === null ? [] : [set(name, written("max", {}, variable(name), constant("float", low)))]),
        ...(high === null ? [] : [set(name, written("min", {}, variable(name), constant("float", high)))]),
    ]);
    return [...found, ...(processings.length ? [written("responseProcessing", {}, ...conditions, ...bounds)] : [])];
}

function bound(node, name) {
    const told = node ? parseFloat(attribute(node, name)) : NaN;
    return Number.isNaN(told) ? null : told;
}

// A condition that is met is the last one, unless it says `continue`. Exporters leave that out where each condition adds its part.
function condition(node, scores, of) {
    const told = attribute(node, "continue");
    const changes = children(node, "setvar");
    const action = (one) => (attribute(one, "action") || "set").toLowerCase();
    const on = told ? /^yes$/i.test(told) : changes.length > 0 && changes.every((one) => action(one) === "add" || action(one) === "subtract");
    const done = changes.flatMap((one) => {
        const {name, high} = scores.get(attribute(one, "varname") || attribute(one, "variablename") || "SCORE");
        const amount = /\.max$/i.test(one.textContent.trim()) ? high : parseFloat(one.textContent);
        if (amount === null || Number.isNaN(amount)) return [];
        const kind = {add: "sum", subtract: "subtract", multiply: "product", divide: "divide"}[action(one)];
        const changed = constant("float", amount);
        return [set(name, kind ? written(kind, {}, variable(name), changed) : changed)];
    });
    for (const one of children(node, "displayfeedback")) {
        done.push(set(TOLD, written("multiple", {}, variable(TOLD), constant("identifier", attribute(one, "linkrefid") || ""))));
    }
    if (!on) done.push(set(STOPPED, constant("boolean", "true")));
    const asked = child(node, "conditionvar");
    const test = written("and", {}, written("isNull", {}, variable(STOPPED)), asked ? every(asked, of) : written("null"));
    return written("responseCondition", {}, written("responseIf", {}, test, ...done));
}

const every = (node, of) => written("and", {}, ...tests(node, of));

// Those of one response without numbers are of one place after the other, where its order counts.
function tests(node, of) {
    const counted = new Map();
    return children(node).map((one) => {
        const name = attribute(one, "respident");
        counted.set(name, (counted.get(name) || 0) + 1);
        return test(one, of, counted.get(name));
    });
}

function test(node, of, place) {
    const kind = named(node);
    if (kind === "and") return every(node, of);
    if (kind === "or") return written("or", {}, ...children(node).map((one) => test(one, of, 1)));
    if (kind === "not") return written("not", {}, every(node, of));
    if (kind === "other") return constant("boolean", "true");
    const name = attribute(node, "respident");
    const at = attribute(node, "index") === null ? place : whole(node, "index", 1) + (fromZero(of, name) ? 1 : 0);
    const response = of.responses.get(`${name} ${at}`) || of.responses.get(name);
    if (!response) return written("null");
    const asked = variable(response.name);
    const missing = written("isNull", {}, variable(response.name));
    if (kind === "unanswered") return missing;
    const met = meets(kind, node, response, asked, at);
    return met ? written("and", {}, written("not", {}, missing), met) : written("null");
}

// Whether the places of a response are counted from 0, as ILIAS does.
const fromZero = (of, name) => comparisons(of, name).some((one) => attribute(one, "index") === "0");

function meets(kind, node, {type, many, sources, answers}, asked, place) {
    const told = node.textContent.trim();
    const text = answers && answers.has(told) ? answers.get(told) : told;
    const order = /^var([lg]te?)$/.exec(kind);
    if (order) return written(order[1], {}, asked, constant("float", text));
    const exact = String(yes(node, "case") || yes(node, "casesensitive"));
    if (kind === "varsubstring") return written("stringMatch", {caseSensitive: exact, substring: "true"}, asked, constant("string", text));
    if (kind !== "varequal" && kind !== "varsubset") return null;
    if (type === "string") return written("stringMatch", {caseSensitive: exact}, asked, constant("string", text));
    if (type === "float") return written("equal", {toleranceMode: "exact"}, asked, constant("float", text));
    if (type === "directedPair") {
        const pair = text.split(",").map((one) => one.trim());
        return written("member", {}, constant(type, (sources.includes(pair[0]) ? pair : pair.reverse()).join(" ")), asked);
    }
    if (many === "ordered") return written("match", {}, written("index", {n: place}, asked), constant(type, text));
    const among = (one) => written("member", {}, constant(type, one), asked);
    if (kind === "varequal") return among(text);
    const partly = /^partial$/i.test(attribute(node, "setmatch") || "");
    return written(partly ? "or" : "and", {}, ...text.split(",").map((one) => among(one.trim())));
}
