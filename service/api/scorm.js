(function () {
  "use strict";
  // SCORM 1.2 RTE 3.4 and SCORM 2004 4th ed. RTE 3: what the content sets it can read again; nothing is kept or sent.
  var told = {
    "cmi.core.lesson_status": "not attempted", "cmi.core.lesson_mode": "normal", "cmi.core.credit": "no-credit",
    "cmi.core.entry": "ab-initio", "cmi.core.student_id": "", "cmi.core.student_name": "", "cmi.suspend_data": "",
    "cmi.completion_status": "unknown", "cmi.success_status": "unknown", "cmi.mode": "normal", "cmi.credit": "no-credit",
    "cmi.entry": "ab-initio", "cmi.learner_id": "", "cmi.learner_name": "", "cmi._version": "1.0"
  };
  function get(name) {
    if (Object.prototype.hasOwnProperty.call(told, name)) { return told[name]; }
    return /\._count$/.test(name) ? String(count(name.slice(0, -6))) : "";
  }
  function count(list) {
    var n = 0, name, found;
    for (name in told) {
      found = name.indexOf(list) === 0 && /^(\d+)\./.exec(name.slice(list.length));
      if (found && +found[1] >= n) { n = +found[1] + 1; }
    }
    return n;
  }
  function set(name, value) { told[name] = String(value); return "true"; }
  function yes() { return "true"; }
  function none() { return "0"; }
  function words() { return ""; }
  window.API = {
    LMSInitialize: yes, LMSFinish: yes, LMSGetValue: get, LMSSetValue: set, LMSCommit: yes,
    LMSGetLastError: none, LMSGetErrorString: words, LMSGetDiagnostic: words
  };
  window.API_1484_11 = {
    Initialize: yes, Terminate: yes, GetValue: get, SetValue: set, Commit: yes,
    GetLastError: none, GetErrorString: words, GetDiagnostic: words
  };
})();
