// Places of a picture (QTI 2.2 information model, 6.5): they are numbered on it, and answered by their numbers like any other
// choice, so that a keyboard does what a pointer does. Coordinates are those of the picture as large as the item says it is.

const area = (node) => ({
    kind: (attribute(node, "shape") || "default").toLowerCase(),
    told: (attribute(node, "coords") || "").split(/[\s,]+/).filter((one) => one),
});

// In pixels; a percentage is of the side that it lies along, of a radius of the shorter one.
function measured({kind, told}, {width, height}) {
    const side = (n) => (kind === "circle" && n === 2 ? Math.min(width, height) : n % 2 ? height : width);
    return told.map((one, n) => (/%$/.test(one) ? (parseFloat(one) / 100) * side(n) : parseFloat(one)));
}

const COVERS = {
    rect: ([left, top, right, bottom], x, y) => x >= left && x <= right && y >= top && y <= bottom,
    circle: ([cx, cy, r], x, y) => (x - cx) ** 2 + (y - cy) ** 2 <= r ** 2,
    ellipse: ([cx, cy, h, v], x, y) => ((x - cx) / h) ** 2 + ((y - cy) / v) ** 2 <= 1,
    poly: (all, x, y) => {
        let within = false;
        for (let n = 0, m = all.length - 2; n < all.length - 1; m = n, n += 2) {
            const [ax, ay, bx, by] = [all[n], all[n + 1], all[m], all[m + 1]];
            if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
        }
        return within;
    },
    default: () => true,
};

function covers(place, size, x, y) {
    const test = COVERS[place.kind];
    return Boolean(test) && test(measured(place, size), x, y);
}

function middle(place, size) {
    const all = measured(place, size);
    if (place.kind === "circle" || place.kind === "ellipse") return all.slice(0, 2);
    if (all.length < 4) return [size.width / 2, size.height / 2];
    const [xs, ys] = [0, 1].map((odd) => all.filter((_one, n) => n % 2 === odd));
    return [xs, ys].map((of) => (Math.min(...of) + Math.max(...of)) / 2);
}

// The picture that a question is about; `pressed(x, y)` when it is pressed there. null where it has none.
function ground(node, item, pressed) {
    const source = child(node, "object") || child(node, "img");
    const image = source && shown(source, item);
    if (!image || image.localName !== "img") return null;
    const pixels = (name) => (/^\d+$/.test((attribute(source, name) || "").trim()) ? whole(source, name, 0) : 0);
    const size = () => ({width: pixels("width") || image.naturalWidth || 1, height: pixels("height") || image.naturalHeight || 1});
    const frame = make("div", {className: "places"}, image);
    const put = (mark, x, y) => {
        mark.style.left = `${(100 * x) / size().width}%`;
        mark.style.top = `${(100 * y) / size().height}%`;
        frame.append(mark);
    };
    image.addEventListener("click", (event) => {
        const box = image.getBoundingClientRect();
        const {width, height} = size();
        pressed(((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height);
    });
    return {frame, image, size, put};
}

const mark = (text) => {
    const made = make("span", {className: "mark"}, text);
    made.setAttribute("aria-hidden", "true"); // what it stands for is said by the control of the same number
    return made;
};

// The picture with the places numbered, and how each is called. `pressed(n)` for the place that is pressed.
function numbered(node, item, choices, pressed) {
    const areas = choices.map(area);
    const under = ground(node, item, (x, y) => {
        const found = areas.findIndex((one) => covers(one, under.size(), x, y));
        if (found >= 0) pressed(found);
    });
    if (!under) return null;
    const marks = choices.map((_one, n) => mark(String(n + 1)));
    const lay = () => areas.forEach((one, n) => under.put(marks[n], ...middle(one, under.size())));
    under.image.addEventListener("load", lay);
    lay();
    const called = (choice) => {
        const told = attribute(choice, "hotspotlabel");
        return _("第 {n} 处", {n: choices.indexOf(choice) + 1}) + (told ? `：${told}` : "");
    };
    return {...under, marks, called};
}

function hotspotInteraction(node, item) {
    const spots = children(node, "hotspotchoice");
    const most = whole(node, "maxchoices", 1);
    const inputs = [];
    const under = numbered(node, item, spots, (n) => inputs[n].click());
    if (!under) return unknown(node, item);
    const {rows, read} = ticks(spots, most, item, (input, one) => {
        inputs.push(input);
        return make("label", {className: "choice"}, input, make("span", {}, under.called(one)));
    });
    const box = group(node, item, under.frame, ...rows);
    box.addEventListener("change", () => under.marks.forEach((one, n) => one.classList.toggle("on", inputs[n].checked)));
    asked(node, item, read);
    return box;
}

function graphicOrderInteraction(node, item) {
    const spots = children(node, "hotspotchoice");
    const under = numbered(node, item, spots, () => {});
    if (!under) return unknown(node, item);
    const {list, moved, read} = sorted(spots, (one) => under.called(one), under.called);
    asked(node, item, read);
    return group(node, item, under.frame, make("p", {className: "hint"}, _("用按钮排好顺序。")), list, moved);
}

function graphicAssociateInteraction(node, item) {
    const spots = children(node, "associablehotspot");
    const under = numbered(node, item, spots, () => {});
    if (!under) return unknown(node, item);
    const {rows, read} = pairs(node, spots, under.called);
    asked(node, item, read);
    return group(node, item, under.frame, ...rows);
}

function graphicGapMatchInteraction(node, item) {
    const spots = children(node, "associablehotspot");
    const under = numbered(node, item, spots, () => {});
    if (!under) return unknown(node, item);
    const {offered, selects, read} = filling(children(node, "gapimg", "gaptext"), spots, item, under.called);
    asked(node, item, read);
    const rows = spots.map((one, n) => make("p", {className: "pair"}, under.called(one), selects[n]));
    return group(node, item, under.frame, offered, ...rows);
}

// Points that are pressed, or written as two numbers; at most so many, the last one moves.
function selectPointInteraction(node, item) {
    const most = whole(node, "maxchoices", 1);
    const points = [];
    const under = ground(node, item, (x, y) => add(x, y));
    if (!under) return unknown(node, item);
    const told = make("p", {className: "hint"});
    told.setAttribute("role", "status");
    const tell = () => {
        told.textContent = points.length
            ? _("已点 {n} 处：{all}", {n: points.length, all: points.map((one) => `(${one.x}, ${one.y})`).join(" ")})
            : _("在图上点，或在下面填横、纵的位置。");
    };
    const add = (x, y) => {
        const [px, py] = [Math.round(x), Math.round(y)];
        if (most > 0 && points.length >= most) points.pop().mark.remove();
        points.push({x: px, y: py, mark: mark(String(points.length + 1))});
        under.put(points[points.length - 1].mark, px, py);
        tell();
    };
    const [across, down] = [_("横"), _("纵")].map((name) => {
        const input = make("input", {type: "number", min: 0, step: 1});
        input.setAttribute("aria-label", _("{side}的位置（像素）", {side: name}));
        return input;
    });
    const button = (text, act) => {
        const made = make("button", {type: "button"}, text);
        made.addEventListener("click", act);
        return made;
    };
    const place = button(_("放上"), () => across.value !== "" && down.value !== "" && add(Number(across.value), Number(down.value)));
    const clear = button(_("清除"), () => {
        for (const one of points.splice(0)) one.mark.remove();
        tell();
    });
    tell();
    asked(node, item, () => points.map((one) => `${one.x} ${one.y}`));
    return group(node, item, under.frame, told, make("p", {className: "pair"}, _("横"), across, _("纵"), down, place, clear));
}
