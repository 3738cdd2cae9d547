// htmx reads its settings from the page when it starts, which may be while it is imported: so they stand there before.
import { element } from "./common.js";

const settings = {
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,  // nothing of a session is kept on a shared computer
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
};
document.head.append(element("meta", { name: "htmx-config", content: JSON.stringify(settings) }));
