// Values and variables (QTI 2.2 information model, 5; 3.0 the same). A value is null, or {many, type, items}: its cardinality,
// its base type and what it holds. Pairs are two identifiers with a space between, undirected ones in the order of letters.

const NUMBERS = ["integer", "float"];

function value(type, items, many = "single") {
    const found = items.filter((one) => one !== null && one !== undefined && !Number.isNaN(one));
    return found.length ? {many, type, items: found} : null;
}

const number = (given) => value("float", [given]);
const truth = (given) => value("boolean", [given]);
const single = (given) => (given ? given.items[0] : null);

function parsed(type, text) {
    const told = text.trim();
    if (NUMBERS.includes(type)) return told === "" ? null : type === "integer" ? parseInt(told, 10) : Number(told);
    if (type === "boolean") return told === "true" || told === "1";
    const parts = told.split(/\s+/);
    if (type === "pair") return parts.sort().join(" ");
    return type === "directedpair" ? parts.join(" ") : told;
}

// The variables that an item declares, by their names; each begins with its default.
function declared(item) {
    const found = new Map();
    for (const one of children(item, "responsedeclaration", "outcomedeclaration", "templatedeclaration")) {
        const many = (attribute(one, "cardinality") || "single").toLowerCase();
        const type = (attribute(one, "basetype") || "string").toLowerCase();
        const listed = (holder) =>
            holder && value(type, children(holder, "value").map((each) => parsed(type, each.textContent)), many);
        const given = listed(child(one, "defaultvalue"));
        const kind = named(one).replace("declaration", "");
        // An outcome that is a number begins with 0 (5.1.1).
        const start = given || (kind === "outcome" && NUMBERS.includes(type) && many === "single" ? value(type, [0]) : null);
        found.set(attribute(one, "identifier"), {
            kind, many, type, start, value: start, correct: listed(child(one, "correctresponse")),
            mapping: child(one, "mapping"), areas: child(one, "areamapping"), lookup: child(one, "matchtable") || child(one, "interpolationtable"),
            most: parseFloat(attribute(one, "normalmaximum")),
        });
    }
    found.set("completionStatus", {kind: "outcome", many: "single", type: "identifier", value: value("identifier", ["unknown"])});
    found.set("numAttempts", {kind: "response", many: "single", type: "integer", value: value("integer", [0])});
    return found;
}

function same(one, other) {
    if (!one || !other) return false;
    const [a, b] = one.many === "ordered" ? [one.items, other.items] : [[...one.items].sort(), [...other.items].sort()];
    return a.length === b.length && a.every((each, n) => each === b[n]);
}

// What a mapping gives for an answer: each of its values once (5.3).
function mapped(variable) {
    const {mapping} = variable;
    if (!mapping) return null;
    const plain = parseFloat(attribute(mapping, "defaultvalue")) || 0;
    let sum = 0;
    for (const each of new Set(variable.value ? variable.value.items : [])) {
        const entry = entries(variable).find((one) => one.key === each || (!one.exact && fold(one.key) === fold(each)));
        sum += entry ? entry.points : plain;
    }
    return bounded(mapping, sum);
}

// What the areas give that hold a point of the answer, each area once; a point in none of them gives the default (5.3).
function mappedPoints(variable) {
    if (!variable.areas) return null;
    const size = {width: 1, height: 1}; // areas of a mapping are in pixels
    const plain = parseFloat(attribute(variable.areas, "defaultvalue")) || 0;
    const free = new Set(children(variable.areas, "areamapentry"));
    let sum = 0;
    for (const each of variable.value ? variable.value.items : []) {
        const found = [...free].find((one) => covers(area(one), size, ...each.split(" ").map(Number)));
        sum += found ? parseFloat(attribute(found, "mappedvalue")) || 0 : plain;
        free.delete(found);
    }
    return bounded(variable.areas, sum);
}

function bounded(mapping, sum) {
    const [low, high] = ["lowerbound", "upperbound"].map((name) => parseFloat(attribute(mapping, name)));
    if (sum < low) sum = low;
    return sum > high ? high : sum;
}

const fold = (given) => String(given).toLowerCase();

function entries(variable) {
    return children(variable.mapping, "mapentry").map((one) => ({
        key: parsed(variable.type, attribute(one, "mapkey") || ""),
        points: parseFloat(attribute(one, "mappedvalue")) || 0,
        exact: attribute(one, "casesensitive") !== "false",
    }));
}

// The most that a mapping can give: one entry for a single answer, all that are worth something for several.
function mappedMost(variable) {
    const mapping = variable.mapping || variable.areas;
    const high = parseFloat(attribute(mapping, "upperbound"));
    const worth = children(mapping, "mapentry", "areamapentry").map((one) => parseFloat(attribute(one, "mappedvalue")) || 0);
    const points = worth.filter((one) => one > 0);
    const most = variable.many === "single" ? Math.max(0, ...points) : points.reduce((sum, one) => sum + one, 0);
    return high < most ? high : most;
}
