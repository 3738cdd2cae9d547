// What the parts share.
import { _ } from "./texts.js";
export const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

// A computer is everybody's unless she said at the sign-in that it is hers (公用电脑 is the default): what is remembered
// there goes with the tab.
export const own = document.cookie.split("; ").includes("tongke_device=own");
export const memory = own ? localStorage : sessionStorage;
export const wechat = /MicroMessenger/.test(navigator.userAgent);

// WeChat's browser opens no picker that takes several files: there they come one after the other.
export function picker(input) {
  if (!wechat) return input;
  input.multiple = false;
  input.closest("label").after(element("span", { className: "muted", textContent: _("（微信里一次选一个，可以接着再选）") }));
  return input;
}

const UNITS = [[1024 ** 3, "GB"], [1024 ** 2, "MB"], [1024, "KB"]];

export function size(bytes) {
  const unit = UNITS.find(([least]) => bytes >= least);
  return unit ? `${(bytes / unit[0]).toFixed(1)} ${unit[1]}` : _("{n} 字节", { n: bytes });
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export async function refusal(answer) {
  const problem = await answer.json().catch(() => null);
  return problem?.detail ?? _("没有成功（{status}），请重试。", { status: answer.status });
}
