// One item after another: shown when it is come to, scored when the learner asks, kept while the page is open.

const _ = (text, values) => text.replace(/\{(\w+)\}/g, (found, name) => (values && name in values ? values[name] : found));
const addresses = JSON.parse(document.getElementById("items").textContent).map((href) => here(href, location.href));
const [place, stage, told, total] = ["place", "stage", "told", "total"].map((id) => document.getElementById(id));
const [before, submit, after] = ["before", "submit", "after"].map((id) => document.getElementById(id));
const items = addresses.map(() => null);
let at = 0;

async function opened(address) {
    const {item: root, body} = await readItem(address);
    const variables = declared(root);
    const processing = child(root, "templateprocessing");
    if (processing) new Processing(variables).run(children(processing));
    const item = {root, address, variables, answers: new Map(), feedback: [], printed: [], counted: {gaps: 0}};
    item.title = attribute(root, "title") || "";
    item.section = make("section", {}, inside(body, item));
    for (const node of children(root, "modalfeedback")) {
        const box = make("div", {className: "modal", hidden: true});
        item.section.append(feedback(box, node, item));
    }
    outcomes(item);
    return item;
}

// What an item says once it was scored: feedback by its outcomes, and variables printed.
function outcomes(item) {
    const valueOf = (name) => (item.variables.get(name) || {value: null}).value;
    for (const one of item.feedback) {
        const found = valueOf(one.outcome);
        const met = Boolean(found && found.items.map(String).includes(one.identifier));
        one.element.hidden = met === one.hide;
    }
    for (const one of item.printed) {
        const found = valueOf(one.identifier);
        one.element.textContent = found ? found.items.join("，") : "";
    }
}

function answer(item) {
    const {variables} = item;
    for (const [name, read] of item.answers) {
        const variable = variables.get(name);
        if (variable) variable.value = value(variable.type, read().map((one) => parsed(variable.type, String(one))), variable.many);
    }
    variables.get("numAttempts").value.items[0] += 1;
    item.score = score(item.root, variables);
    item.answered = true;
    outcomes(item);
}

// In words, with at most two decimals.
const points = (given) => String(Math.round(given * 100) / 100);

function result(item) {
    if (!item || !item.answered) return "";
    if (!item.score) return _("已作答。这道题没有自动评分，请老师来看。");
    const given = points(item.score.points);
    return item.score.most === null ? _("得分：{n}", {n: given}) : _("得分：{n}（满分 {most}）", {n: given, most: points(item.score.most)});
}

function summary() {
    const scored = items.filter((one) => one && one.score);
    if (addresses.length < 2 || !scored.length) return "";
    const sum = scored.reduce((all, one) => all + one.score.points, 0);
    return _("已评分 {n} 题，一共 {points} 分。", {n: scored.length, points: points(sum)});
}

async function show(n, moved) {
    at = n;
    place.textContent = _("第 {n} 题，共 {m} 题", {n: n + 1, m: addresses.length});
    before.disabled = n === 0;
    after.disabled = n === addresses.length - 1;
    before.hidden = after.hidden = addresses.length < 2;
    if (!items[n]) {
        stage.replaceChildren(make("p", {}, _("正在打开……")));
        try {
            items[n] = await opened(addresses[n]);
        } catch (error) {
            items[n] = {title: "", answers: new Map(), section: make("p", {className: "unknown"}, error.message || _("这道题打不开。"))};
        }
        if (at !== n) return; // went on meanwhile
    }
    const item = items[n];
    const heading = make("h1", {tabIndex: -1}, item.title || _("第 {n} 题", {n: n + 1}));
    stage.replaceChildren(heading, item.section);
    submit.hidden = item.answers.size === 0;
    told.textContent = result(item);
    total.textContent = summary();
    if (moved) heading.focus();
}

before.addEventListener("click", () => show(at - 1, true));
after.addEventListener("click", () => show(at + 1, true));
submit.addEventListener("click", () => {
    answer(items[at]);
    told.textContent = result(items[at]);
    total.textContent = summary();
});
show(0, false);
