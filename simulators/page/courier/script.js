"use strict";

const home = location.pathname.replace(/\/+$/, "");
const $ = (id) => document.getElementById(id);
const now = { mails: [], chosen: null, shown: "" };

function make(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function list() {
  const wanted = $("find").value.trim().toLowerCase();
  const mails = now.mails.filter((mail) => mail.to.toLowerCase().includes(wanted));
  $("count").textContent = mails.length === 1 ? "1 mail" : `${mails.length} mails`;
  $("mails").replaceChildren(...mails.map((mail) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-current", String(mail.id === now.chosen));
    const when = new Date(mail.at_ms).toLocaleTimeString();
    button.append(make("b", mail.subject), make("span", `${mail.to} · ${when} · ${mail.status.toLowerCase()}`));
    button.addEventListener("click", () => { now.chosen = mail.id; list(); show(); });
    return button;
  }));
}

function show() {
  const mail = now.mails.find((mail) => mail.id === now.chosen);
  $("empty").hidden = Boolean(mail);
  $("open").hidden = !mail;
  if (!mail) return;
  $("subject").textContent = mail.subject;
  const reason = mail.reason ? ` (${mail.reason})` : "";
  $("about").textContent = `To ${mail.to} · ${mail.status.toLowerCase()}${reason} · ${mail.tags.join(", ")}`;
  if (now.shown === mail.id) return;
  now.shown = mail.id;
  // Scripts of the mail do not run in the sandbox; its links open beside this page.
  $("html").srcdoc = mail.html.replace("<head>", '<head><base target="_blank">');
  $("text").textContent = mail.text;
}

function form(html) {
  $("html").hidden = !html;
  $("text").hidden = html;
  $("as-html").setAttribute("aria-pressed", String(html));
  $("as-text").setAttribute("aria-pressed", String(!html));
}

async function refresh() {
  try {
    const response = await fetch(`${home}/api/mails`);
    const { mails } = await response.json();
    if (JSON.stringify(mails) !== JSON.stringify(now.mails)) {
      now.mails = mails;
      now.chosen = now.chosen || (mails[0] && mails[0].id);
      list();
      show();
    }
  } catch {
    $("count").textContent = "The simulator does not answer.";
  }
  setTimeout(refresh, 1500);
}

$("find").addEventListener("input", list);
$("as-html").addEventListener("click", () => form(true));
$("as-text").addEventListener("click", () => form(false));
$("return").addEventListener("click", () => fetch(`${home}/api/mails/${encodeURIComponent(now.chosen)}/return`, { method: "POST" }));
refresh();
