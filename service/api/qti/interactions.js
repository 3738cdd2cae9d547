// What is asked of the learner (QTI 2.2 information model, 6), each kind as plain form controls. Each registers how its answer is
// read: item.answers maps the response's identifier to a function that gives its values.

let made = 0;
const fresh = (what) => `${what}-${(made += 1)}`;
const identifierOf = (node) => attribute(node, "identifier");
const whole = (node, name, otherwise) => {
    const told = parseInt(attribute(node, name), 10);
    return Number.isNaN(told) ? otherwise : told;
};

// In another order each time, but for those that are fixed (6.2).
function shuffled(node, choices) {
    if (attribute(node, "shuffle") !== "true") return choices;
    const free = choices.filter((one) => attribute(one, "fixed") !== "true");
    for (let n = free.length - 1; n > 0; n -= 1) {
        const other = Math.floor(Math.random() * (n + 1));
        [free[n], free[other]] = [free[other], free[n]];
    }
    return choices.map((one) => (attribute(one, "fixed") === "true" ? one : free.shift()));
}

function asked(node, item, read) {
    item.answers.set(attribute(node, "responseidentifier"), read);
}

// A group of controls under its prompt.
function group(node, item, ...controls) {
    const prompt = child(node, "prompt");
    const legend = make("legend", {}, prompt ? inside(prompt, item) : _("请作答"));
    if (!prompt) legend.className = "unseen";
    return make("fieldset", {}, legend, ...controls);
}

// How a choice is called where only words fit: in a list to choose from.
function words(choice) {
    const pictures = within(choice, "img").map((one) => one.getAttribute("alt"));
    return choice.textContent.trim().replace(/\s+/g, " ") || pictures.filter((one) => one).join(" ") || identifierOf(choice);
}

function options(choices, none, called = words) {
    return [make("option", {value: ""}, none), ...choices.map((one) => make("option", {value: identifierOf(one)}, called(one)))];
}

// Radio buttons for one of the choices, boxes for several, at most so many.
function ticks(choices, most, item, label) {
    const name = fresh("tick");
    const inputs = choices.map((one) => make("input", {type: most === 1 ? "radio" : "checkbox", name, value: identifierOf(one)}));
    const bound = () => {
        const full = most > 1 && inputs.filter((one) => one.checked).length >= most;
        for (const one of inputs) one.disabled = full && !one.checked;
    };
    for (const one of inputs) one.addEventListener("change", bound);
    const rows = choices.map((one, n) => label(inputs[n], one));
    return {rows, read: () => inputs.filter((one) => one.checked).map((one) => one.value)};
}

const row = (item) => (input, choice) => make("label", {className: "choice"}, input, make("span", {}, inside(choice, item)));

function choiceInteraction(node, item) {
    const most = whole(node, "maxchoices", 1);
    const {rows, read} = ticks(shuffled(node, children(node, "simplechoice")), most, item, row(item));
    asked(node, item, read);
    const hint = most === 1 ? null : make("p", {className: "hint"}, most > 1 ? _("最多选 {n} 项。", {n: most}) : _("可以选多项。"));
    return group(node, item, hint, ...rows);
}

function hottextInteraction(node, item) {
    const hot = within(node, "hottext");
    const label = (input, choice) => make("label", {className: "hot"}, input, inside(choice, item));
    const {rows, read} = ticks(hot, whole(node, "maxchoices", 1), item, label);
    asked(node, item, read);
    const placed = {...item, placed: new Map(hot.map((one, n) => [one, rows[n]]))};
    const body = make("div");
    for (const one of children(node)) if (named(one) !== "prompt") body.append(shown(one, placed));
    return group(node, item, body);
}

// What stands in a running text: gaps and hot words of the interaction around them.
const placed = (node, item) => (item.placed && item.placed.get(node)) || null;

function inlineChoiceInteraction(node, item) {
    const choices = shuffled(node, children(node, "inlinechoice"));
    const select = make("select", {}, ...options(choices, _("请选择")));
    select.setAttribute("aria-label", _("第 {n} 空", {n: (item.counted.gaps += 1)}));
    asked(node, item, () => (select.value ? [select.value] : []));
    return select;
}

function textEntryInteraction(node, item) {
    const input = make("input", {type: "text", autocomplete: "off", spellcheck: false});
    input.size = Math.min(Math.max(whole(node, "expectedlength", 12), 2), 40);
    input.placeholder = attribute(node, "placeholdertext") || "";
    input.setAttribute("aria-label", _("第 {n} 空", {n: (item.counted.gaps += 1)}));
    asked(node, item, () => (input.value.trim() ? [input.value.trim()] : []));
    return input;
}

function extendedTextInteraction(node, item) {
    const rows = Math.min(Math.max(whole(node, "expectedlines", 6), 2), 20);
    const area = make("textarea", {rows, placeholder: attribute(node, "placeholdertext") || ""});
    area.setAttribute("aria-label", _("你的回答"));
    asked(node, item, () => (area.value.trim() ? [area.value.trim()] : []));
    return group(node, item, area);
}

// Rows of the first set, and for each the second set to choose from.
function matchInteraction(node, item) {
    const sets = children(node, "simplematchset").map((one) => shuffled(node, children(one, "simpleassociablechoice")));
    if (sets.length !== 2) return unknown(node, item);
    const rows = sets[0].map((source) => {
        const most = whole(source, "matchmax", 1);
        const {rows: targets, read} = ticks(sets[1], most, item, row(item));
        return {
            box: make("fieldset", {className: "pairing"}, make("legend", {}, inside(source, item)), ...targets),
            read: () => read().map((target) => `${identifierOf(source)} ${target}`),
        };
    });
    asked(node, item, () => rows.flatMap((one) => one.read()));
    return group(node, item, ...rows.map((one) => one.box));
}

// The choices under letters, and so many pairs of lists of them.
function associateInteraction(node, item) {
    const choices = shuffled(node, children(node, "simpleassociablechoice"));
    const list = make("ol", {type: "A", className: "choices"}, ...choices.map((one) => make("li", {}, inside(one, item))));
    const {rows, read} = pairs(node, choices, (one) => `${String.fromCharCode(65 + (choices.indexOf(one) % 26))} ${words(one)}`);
    asked(node, item, read);
    return group(node, item, list, ...rows);
}

// So many pairs of lists of the choices, which are called so.
function pairs(node, choices, called) {
    const most = Math.min(whole(node, "maxassociations", 1) || Math.floor(choices.length / 2) || 1, 20);
    const end = (n, where) => {
        const select = make("select", {}, ...options(choices, _("请选择"), called));
        select.setAttribute("aria-label", _("第 {n} 对，{side}", {n: n + 1, side: where}));
        return select;
    };
    const ends = Array.from({length: most}, (_one, n) => [end(n, _("左边")), end(n, _("右边"))]);
    const rows = ends.map(([one, other]) => make("p", {className: "pair"}, one, " — ", other));
    const complete = () => ends.filter(([one, other]) => one.value && other.value);
    return {rows, read: () => complete().map(([one, other]) => `${one.value} ${other.value}`)};
}

function orderInteraction(node, item) {
    const {list, moved, read} = sorted(shuffled(node, children(node, "simplechoice")), (one) => inside(one, item), words);
    asked(node, item, read);
    return group(node, item, make("p", {className: "hint"}, _("用按钮排好顺序。")), list, moved);
}

// A list whose lines move up and down by buttons. Until one was moved there is no answer.
function sorted(choices, show, called) {
    const list = make("ol", {className: "order"});
    const moved = make("p", {className: "unseen"});
    moved.setAttribute("role", "status");
    let touched = false;
    for (const choice of choices) {
        const line = make("li", {}, make("span", {}, show(choice)));
        line.dataset.choice = identifierOf(choice);
        for (const [text, step] of [[_("上移"), -1], [_("下移"), 1]]) {
            const button = make("button", {type: "button"}, text);
            button.setAttribute("aria-label", `${text}：${called(choice)}`);
            button.addEventListener("click", () => {
                const lines = [...list.children];
                const other = lines[lines.indexOf(line) + step];
                if (other) {
                    if (step < 0) other.before(line);
                    else other.after(line);
                }
                touched = true;
                button.focus();
                moved.textContent = _("现在是第 {n} 项", {n: [...list.children].indexOf(line) + 1});
            });
            line.append(button);
        }
        list.append(line);
    }
    return {list, moved, read: () => (touched ? [...list.children].map((line) => line.dataset.choice) : [])};
}

// What is offered, and for each gap, which is called so, a list of it.
function filling(choices, gaps, item, called) {
    const selects = gaps.map((gap) => {
        const select = make("select", {}, ...options(choices, _("请选择")));
        select.setAttribute("aria-label", called(gap));
        return select;
    });
    const read = () => selects.flatMap((one, n) => (one.value ? [`${one.value} ${identifierOf(gaps[n])}`] : []));
    const offered = make("ul", {className: "choices"}, ...choices.map((one) => make("li", {}, inside(one, item))));
    return {offered, selects, read};
}

function gapMatchInteraction(node, item) {
    const choices = shuffled(node, children(node, "gaptext", "gapimg"));
    const gaps = within(node, "gap");
    const {offered, selects, read} = filling(choices, gaps, item, () => _("第 {n} 空", {n: (item.counted.gaps += 1)}));
    asked(node, item, read);
    const around = {...item, placed: new Map(gaps.map((one, n) => [one, selects[n]]))};
    const body = make("div");
    for (const one of children(node)) {
        if (!["prompt", "gaptext", "gapimg"].includes(named(one))) body.append(shown(one, around));
    }
    return group(node, item, offered, body);
}

function sliderInteraction(node, item) {
    const [min, max] = ["lowerbound", "upperbound"].map((name, n) => parseFloat(attribute(node, name)) || n * 100);
    const slider = make("input", {type: "range", min, max, step: whole(node, "step", 1), value: min});
    slider.setAttribute("aria-label", _("你的回答"));
    const told = make("output", {}, String(min));
    let touched = false;
    slider.addEventListener("input", () => {
        touched = true;
        told.textContent = slider.value;
    });
    asked(node, item, () => (touched ? [slider.value] : []));
    return group(node, item, slider, told);
}

// What this player does not know: what it shows can be seen, and the item cannot be answered here.
function unknown(node, item) {
    const box = make("div", {className: "unknown"}, make("p", {}, _("这种题型在这里只能看，不能作答。请下载后用专门的软件打开。")));
    for (const one of children(node, "prompt")) box.append(inside(one, item));
    for (const one of children(node, "object", "img", "audio", "video")) box.append(shown(one, item));
    return box;
}

function mediaInteraction(node, item) {
    return group(node, item, ...children(node, "object", "audio", "video").map((one) => shown(one, item)));
}

const INTERACTIONS = new Map(Object.entries({
    choiceinteraction: choiceInteraction, inlinechoiceinteraction: inlineChoiceInteraction,
    textentryinteraction: textEntryInteraction, extendedtextinteraction: extendedTextInteraction,
    matchinteraction: matchInteraction, associateinteraction: associateInteraction, orderinteraction: orderInteraction,
    gapmatchinteraction: gapMatchInteraction, hottextinteraction: hottextInteraction, sliderinteraction: sliderInteraction,
    hotspotinteraction: hotspotInteraction, graphicorderinteraction: graphicOrderInteraction,
    graphicassociateinteraction: graphicAssociateInteraction, graphicgapmatchinteraction: graphicGapMatchInteraction,
    selectpointinteraction: selectPointInteraction, mediainteraction: mediaInteraction, gap: placed, hottext: placed,
}));
