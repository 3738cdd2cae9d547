// Response and template processing (QTI 2.2 information model, 8 and 15; 3.0 the same): the rules, and the expressions they use.
// An expression that is not known here is NULL, as the model has it for what cannot be evaluated.

const OVER = Symbol("exitResponse");

class Processing {
    constructor(variables) {
        this.variables = variables;
    }

    run(rules) {
        try {
            for (const rule of rules) this.rule(rule);
        } catch (error) {
            if (error !== OVER) throw error;
        }
    }

    rule(rule) {
        const kind = named(rule);
        if (kind === "responsecondition" || kind === "templatecondition") this.condition(rule);
        else if (kind === "exitresponse" || kind === "exittemplate") throw OVER;
        else if (kind === "responseprocessingfragment") for (const one of children(rule)) this.rule(one);
        else if (kind === "lookupoutcomevalue") this.set(rule, this.looked(rule));
        else if (kind === "setoutcomevalue" || kind === "settemplatevalue" || kind === "setcorrectresponse") {
            this.set(rule, this.first(rule), kind === "setcorrectresponse" ? "correct" : "value");
        } else if (kind === "setdefaultvalue") this.set(rule, this.first(rule));
    }

    condition(rule) {
        for (const branch of children(rule)) {
            const [test, ...rules] = /else$/.test(named(branch)) ? [null, ...children(branch)] : children(branch);
            if (!test || single(this.of(test)) === true) {
                for (const one of rules) this.rule(one);
                return;
            }
        }
    }

    set(rule, given, part = "value") {
        const variable = this.variables.get(attribute(rule, "identifier"));
        if (!variable) return;
        const items = given && variable.type === "integer" ? given.items.map(Math.trunc) : given && given.items;
        variable[part] = items ? value(variable.type, items, variable.many) : null;
    }

    looked(rule) {
        const variable = this.variables.get(attribute(rule, "identifier"));
        const source = single(this.first(rule));
        if (!variable || !variable.lookup || source === null) return null;
        const exact = named(variable.lookup) === "matchtable";
        const found = children(variable.lookup).find((entry) => {
            const at = parseFloat(attribute(entry, "sourcevalue"));
            return exact ? at === source : attribute(entry, "includeboundary") === "false" ? source > at : source >= at;
        });
        const told = found ? attribute(found, "targetvalue") : attribute(variable.lookup, "defaultvalue");
        return told === null ? null : value(variable.type, [parsed(variable.type, told)]);
    }

    first(element) {
        return children(element).length ? this.of(children(element)[0]) : null;
    }

    of(element) {
        const known = EXPRESSIONS.get(named(element));
        return known ? known(children(element).map((one) => this.of(one)), element, this) : null;
    }
}

const variableOf = (element, run) => run.variables.get(attribute(element, "identifier"));

// Numbers out of all that is given; null where one of it is NULL.
function numbers(given) {
    const all = given.flatMap((one) => (one ? one.items : [null]));
    return all.length && all.every((one) => typeof one === "number") ? all : null;
}

const arithmetic = (count) => (given) => {
    const all = numbers(given);
    return all ? number(count(...all)) : null;
};
const compared = (test) => (given) => {
    const all = numbers(given);
    return all && all.length === 2 ? truth(test(...all)) : null;
};
const finite = (given) => (Number.isFinite(given) ? given : null);

// How far a number may be off, absolutely or in per cent (8.3.3).
function near([one, other], element, run) {
    const [a, b] = [single(one), single(other)];
    if (typeof a !== "number" || typeof b !== "number") return null;
    const mode = attribute(element, "tolerancemode") || "exact";
    if (mode === "exact") return truth(a === b);
    const far = (attribute(element, "tolerance") || "0").trim().split(/\s+/).map((each) => amount(each, run));
    const [low, high] = [far[0], far.length > 1 ? far[1] : far[0]];
    const [from, to] = mode === "relative" ? [a * (1 - low / 100), a * (1 + high / 100)] : [a - low, a + high];
    return truth(b >= Math.min(from, to) && b <= Math.max(from, to));
}

const amount = (told, run) => {
    const variable = run.variables.get(told);
    return variable ? single(variable.value) : parseFloat(told);
};

function rounded(given, element, run) {
    const figures = amount(attribute(element, "figures") || "0", run);
    const significant = (attribute(element, "roundingmode") || "significantFigures") === "significantFigures";
    if (significant) return Number(given.toPrecision(Math.min(Math.max(figures, 1), 100)));
    return Number(given.toFixed(Math.min(Math.max(figures, 0), 100)));
}

const EXPRESSIONS = new Map(Object.entries({
    basevalue: (_given, element) => {
        const type = (attribute(element, "basetype") || "string").toLowerCase();
        return value(type, [parsed(type, element.textContent)]);
    },
    variable: (_given, element, run) => (variableOf(element, run) || {value: null}).value,
    correct: (_given, element, run) => (variableOf(element, run) || {}).correct || null,
    default: (_given, element, run) => (variableOf(element, run) || {}).start || null,
    mapresponse: (_given, element, run) => {
        const variable = variableOf(element, run);
        return variable ? number(mapped(variable)) : null;
    },
    mapresponsepoint: (_given, element, run) => {
        const variable = variableOf(element, run);
        return variable ? number(mappedPoints(variable)) : null;
    },
    inside: ([one], element) => {
        const size = {width: 1, height: 1};
        return one ? truth(one.items.some((each) => covers(area(element), size, ...String(each).split(" ").map(Number)))) : null;
    },
    null: () => null,
    isnull: ([one]) => truth(one === null),
    not: ([one]) => (one ? truth(!single(one)) : null),
    and: (given) => (given.every((one) => single(one)) ? truth(true) : given.some((one) => single(one) === false) ? truth(false) : null),
    or: (given) => (given.some((one) => single(one)) ? truth(true) : given.every((one) => one) ? truth(false) : null),
    anyn: (given, element, run) => {
        const [low, high] = ["min", "max"].map((name) => amount(attribute(element, name) || "", run));
        const yes = given.filter((one) => single(one) === true).length;
        return truth(yes >= low && yes <= high);
    },
    match: ([one, other]) => (one && other ? truth(same(one, other)) : null),
    stringmatch: ([one, other], element) => {
        if (!one || !other) return null;
        const exact = attribute(element, "casesensitive") !== "false";
        const [a, b] = [single(one), single(other)].map((each) => (exact ? String(each) : fold(each)));
        return truth(attribute(element, "substring") === "true" ? a.includes(b) : a === b);
    },
    substring: ([one, other], element) => {
        if (!one || !other) return null;
        const [a, b] = [single(one), single(other)].map((each) => (attribute(element, "casesensitive") === "false" ? fold(each) : each));
        return truth(String(b).includes(String(a)));
    },
    patternmatch: ([one], element) => {
        if (!one) return null;
        try {
            return truth(new RegExp(`^(?:${attribute(element, "pattern")})$`, "u").test(String(single(one))));
        } catch (error) {
            return null; // XML Schema's patterns have forms that scripts do not know
        }
    },
    member: ([one, other]) => (one && other ? truth(other.items.includes(single(one))) : null),
    contains: ([one, other]) => (one && other ? truth(other.items.every((each) => one.items.includes(each))) : null),
    containersize: ([one]) => value("integer", [one ? one.items.length : 0]),
    multiple: (given) => gathered(given, "multiple"),
    ordered: (given) => gathered(given, "ordered"),
    index: ([one], element, run) => (one ? value(one.type, [one.items[amount(attribute(element, "n"), run) - 1]]) : null),
    delete: ([one, other]) => (one && other ? value(other.type, other.items.filter((each) => each !== single(one)), other.many) : null),
    random: ([one]) => (one ? value(one.type, [one.items[Math.floor(Math.random() * one.items.length)]]) : null),
    randominteger: (_given, element, run) => {
        const [low, high, step] = ["min", "max", "step"].map((name) => amount(attribute(element, name) || "1", run));
        return value("integer", [low + step * Math.floor(Math.random() * (Math.floor((high - low) / step) + 1))]);
    },
    randomfloat: (_given, element, run) => {
        const [low, high] = ["min", "max"].map((name) => amount(attribute(element, name) || "0", run));
        return number(low + Math.random() * (high - low));
    },
    equal: near,
    equalrounded: (given, element, run) => {
        const all = numbers(given);
        return all ? truth(rounded(all[0], element, run) === rounded(all[1], element, run)) : null;
    },
    sum: arithmetic((...all) => all.reduce((sum, one) => sum + one, 0)),
    product: arithmetic((...all) => all.reduce((sum, one) => sum * one, 1)),
    subtract: arithmetic((a, b) => a - b),
    divide: arithmetic((a, b) => finite(a / b)),
    power: arithmetic((a, b) => finite(a ** b)),
    integerdivide: arithmetic((a, b) => finite(Math.floor(a / b))),
    integermodulus: arithmetic((a, b) => finite(a - b * Math.floor(a / b))),
    truncate: arithmetic((a) => Math.trunc(a)),
    round: arithmetic((a) => Math.floor(a + 0.5)),
    roundto: (given, element, run) => (numbers(given) ? number(rounded(numbers(given)[0], element, run)) : null),
    integertofloat: ([one]) => one,
    max: arithmetic((...all) => Math.max(...all)),
    min: arithmetic((...all) => Math.min(...all)),
    gt: compared((a, b) => a > b),
    gte: compared((a, b) => a >= b),
    lt: compared((a, b) => a < b),
    lte: compared((a, b) => a <= b),
}));

function gathered(given, many) {
    const found = given.filter((one) => one);
    return found.length ? value(found[0].type, found.flatMap((one) => one.items), many) : null;
}

// The standard templates (QTI 2.2 information model, 8.1), which an item names instead of writing its rules.
function score(item, variables) {
    const processing = child(item, "responseprocessing");
    const template = processing ? (attribute(processing, "template") || "").replace(/\.xml$/, "").split("/").pop().toLowerCase() : "";
    const [response, outcome] = [variables.get("RESPONSE"), variables.get("SCORE")];
    for (const one of variables.values()) {
        if (one.kind === "outcome" && one.start !== undefined && attribute(item, "adaptive") !== "true") one.value = one.start;
    }
    if (processing && children(processing).length) new Processing(variables).run(children(processing));
    else if (response && outcome && /match/.test(template)) outcome.value = number(same(response.value, response.correct) ? 1 : 0);
    else if (response && outcome && template === "map_response") outcome.value = number(mapped(response) || 0);
    else if (response && outcome && template === "map_response_point") outcome.value = number(mappedPoints(response) || 0);
    else return null;
    return outcome ? {points: single(outcome.value) || 0, most: most(template, response, variables)} : null;
}

// What can be had at most, where the item says so or its template implies it; else null.
function most(template, response, variables) {
    const told = variables.get("MAXSCORE");
    if (told && told.value) return single(told.value);
    const {most: normal} = variables.get("SCORE");
    if (normal >= 0) return normal;
    if (/match/.test(template)) return 1;
    return /^map_response/.test(template) && (response.mapping || response.areas) ? mappedMost(response) : null;
}
