// What the parts share.
export const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";
const UNITS = [[1024 ** 3, "GB"], [1024 ** 2, "MB"], [1024, "KB"]];

export function size(bytes) {
  const unit = UNITS.find(([least]) => bytes >= least);
  return unit ? `${(bytes / unit[0]).toFixed(1)} ${unit[1]}` : `${bytes} 字节`;
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export async function refusal(answer) {
  const problem = await answer.json().catch(() => null);
  return problem?.detail ?? `没有成功（${answer.status}），请重试。`;
}
