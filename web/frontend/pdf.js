// A PDF inside a page, drawn by pdf.js: text to select, search, links. Where it cannot run, the pages' images stay.
import { getDocument, GlobalWorkerOptions, version } from "pdfjs-dist/legacy/build/pdf.mjs";
import { EventBus, PDFFindController, PDFLinkService, PDFViewer } from "pdfjs-dist/legacy/web/pdf_viewer.mjs";
import { _ } from "./texts.js";

const FOUND = 0, MISSING = 1, WRAPPED = 2;  // pdf.js: FindState
const STEP = 1.2;

// The viewer's own words are set below, in Chinese; its translations would be fetched.
const words = {
  getLanguage: () => "zh-cn", getDirection: () => "ltr", get: async () => "",
  translate: async () => undefined, translateOnce: async () => undefined,
  destroy: async () => undefined, pause: () => undefined, resume: () => undefined,
};

class TongkePdf extends HTMLElement {
  async connectedCallback() {
    const part = (name) => this.querySelector(`[data-${name}]`);
    [this.tools, this.frame, this.box, this.says, this.page, this.query, this.hits] =
      ["tools", "frame", "box", "says", "page", "query", "hits"].map(part);
    this.instead = document.getElementById(this.dataset.instead);
    this.says.textContent = _("正在打开…");
    GlobalWorkerOptions.workerSrc = this.dataset.worker;
    const parts = `/static/pdf-${version}`;
    const loading = getDocument({
      url: this.dataset.src, cMapUrl: `${parts}/cmaps/`, cMapPacked: true,
      standardFontDataUrl: `${parts}/standard_fonts/`, disableAutoFetch: true, disableStream: true,
    });
    loading.onProgress = ({ loaded, total }) => {
      if (total && !this.viewer) this.says.textContent = _("正在打开… {n}%", { n: Math.min(100, Math.round((100 * loaded) / total)) });
    };
    loading.onPassword = () => { loading.destroy(); };  // asked for on a page that is no place for it: download it
    try {
      this.show(await loading.promise);
    } catch {
      this.says.textContent = _("这个 PDF 在页面内打不开，下面是它的页面图片；也可以下载后查看。");
    }
  }

  show(pdf) {
    this.bus = new EventBus();
    this.links = new PDFLinkService({ eventBus: this.bus, externalLinkTarget: 2, externalLinkRel: "noopener noreferrer" });
    const finder = new PDFFindController({ eventBus: this.bus, linkService: this.links });
    this.frame.hidden = this.tools.hidden = false;
    this.instead.hidden = true;
    if (location.hash) this.tools.scrollIntoView();  // it stood at the page's image
    this.viewer = new PDFViewer({
      container: this.box, eventBus: this.bus, linkService: this.links, findController: finder, l10n: words,
      annotationMode: 1, annotationEditorMode: -1, maxCanvasPixels: 2 ** 24,
    });
    this.links.setViewer(this.viewer);
    const name = (view) => view.div.setAttribute("aria-label", _("第 {n} 页", { n: view.id }));
    this.bus.on("pagesinit", () => {
      for (let n = 0; n < pdf.numPages; n += 1) name(this.viewer.getPageView(n));
      this.viewer.currentScaleValue = "page-width";
      this.follow();
    });
    this.bus.on("pagechanging", ({ pageNumber }) => this.at(pageNumber));
    this.bus.on("pagerendered", ({ source }) => name(source));
    this.bus.on("updatefindmatchescount", ({ matchesCount }) => this.count(matchesCount));
    this.bus.on("updatefindcontrolstate", ({ state, matchesCount }) => this.count(matchesCount, state));
    addEventListener("hashchange", () => this.follow());
    addEventListener("resize", () => {
      if (this.viewer.currentScaleValue === "page-width") this.viewer.currentScaleValue = "page-width";
    });
    this.tools.addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(event.submitter?.dataset.do === "before");
    });
    this.tools.addEventListener("click", (event) => this.press(event.target.closest("button")?.dataset.do));
    this.page.addEventListener("change", () => { this.viewer.currentPageNumber = Number(this.page.value) || 1; });
    this.page.max = pdf.numPages;
    this.says.textContent = _("共 {n} 页", { n: pdf.numPages });
    this.viewer.setDocument(pdf);
    this.links.setDocument(pdf);
  }

  // The address names the page, #page=3, so that it can be sent on.
  follow() {
    const n = Number(/page=(\d+)/.exec(location.hash)?.[1]);
    if (n >= 1 && n <= this.viewer.pagesCount && n !== this.viewer.currentPageNumber) this.viewer.currentPageNumber = n;
    else this.at(this.viewer.currentPageNumber);
  }

  at(n) {
    this.page.value = n;
    history.replaceState(history.state, "", `#page=${n}`);
  }

  press(action) {
    if (action === "previous") this.viewer.previousPage();
    if (action === "next") this.viewer.nextPage();
    if (action === "larger") this.viewer.currentScale = Math.min(5, this.viewer.currentScale * STEP);
    if (action === "smaller") this.viewer.currentScale = Math.max(0.25, this.viewer.currentScale / STEP);
    if (action === "width") this.viewer.currentScaleValue = "page-width";
  }

  find(backwards) {
    const query = this.query.value.trim();
    const type = query === this.asked ? "again" : "";
    this.asked = query;
    this.hits.textContent = "";
    this.bus.dispatch("find", {
      source: this, type, query, findPrevious: backwards, caseSensitive: false, entireWord: false,
      highlightAll: true, matchDiacritics: false,
    });
  }

  count({ current, total }, state = FOUND) {
    if (!this.asked) this.hits.textContent = "";
    else if (state === MISSING) this.hits.textContent = _("没有找到");
    else if (total) this.hits.textContent = _("第 {n} 处，共 {total} 处", { n: current, total }) + (state === WRAPPED ? _("，已回到开头") : "");
  }
}
customElements.define("tongke-pdf", TongkePdf);
