"use strict";

const place = location.pathname.indexOf("/simulator");
const home = location.pathname.slice(0, place) + "/simulator";
const api = home + "/api";
const $ = (id) => document.getElementById(id);

const deepLink = (() => {
  const [, bot] = location.pathname.slice(place).match(/^\/simulator\/t\.me\/([^/]+)/) || [];
  if (!bot) return null;
  if (bot.startsWith("+")) return { bot: "", invite: location.href };
  const query = new URLSearchParams(location.search);
  const toGroup = query.has("startgroup");
  return { bot: decodeURIComponent(bot), payload: query.get(toGroup ? "startgroup" : "start") || "", toGroup };
})();

const now = { bots: [], linkBase: "", bot: null, chats: [], chat: null, shown: "", atEnd: true, deep: deepLink };

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  };
  const response = await fetch(api + path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

// Whatever a person does: it happens, the page shows it, and if it cannot be done it says why.
async function act(path, body = {}) {
  try {
    const answer = await ask(path, { bot: now.bot, ...body });
    await refresh();
    return answer;
  } catch (problem) {
    tell(problem.message);
    return null;
  }
}

let noticeTimer;
function tell(text) {
  $("notice").textContent = text;
  $("notice").hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { $("notice").hidden = true; }, 4000);
}

// ------------------------------------------------------------------ the list

function face(element, chat) {
  const hue = Math.abs(chat.id * 47) % 360;
  element.style.background = `hsl(${hue} 45% 45%)`;
  element.textContent = [...chat.name][0] || "?";
}

const ofBot = (chat) => chat.bots.find((link) => link.bot === now.bot);
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function listChats() {
  const wanted = $("find").value.trim().toLowerCase();
  const chats = now.chats.filter((chat) => !wanted || chat.name.toLowerCase().includes(wanted) || String(chat.id).includes(wanted));
  const rows = chats.map((chat) => {
    const link = ofBot(chat);
    const picture = make("span", { class: "face", "aria-hidden": "true" });
    face(picture, chat);
    const last = link?.last ? link.last.text || "Photo" : link ? "" : "has not started this bot";
    return make("button", {
      type: "button", "aria-current": chat.id === now.chat ? "true" : null, onclick: () => open(chat.id),
    }, picture, make("span", { class: "lines" },
      make("span", { class: "name" }, chat.name), make("span", { class: "last" }, last)),
    make("span", { class: "when" }, link?.last ? clock(link.last.date) : ""));
  });
  $("chats").replaceChildren(...rows);
}

function listBots() {
  if (!now.bot || !now.bots.some((bot) => bot.username === now.bot)) {
    const wanted = now.deep && now.bots.find((bot) => bot.username.toLowerCase() === now.deep.bot.toLowerCase());
    now.bot = (wanted || now.bots[0])?.username || null;
  }
  $("bot").replaceChildren(...now.bots.map((bot) =>
    make("option", { value: bot.username, selected: bot.username === now.bot }, "@" + bot.username)));
  const chosen = now.bots.find((bot) => bot.username === now.bot);
  const commands = chosen?.chat_commands?.[now.chat] || chosen?.commands || [];
  $("commands").replaceChildren(...commands.map((command) =>
    make("option", { value: "/" + command.command }, command.description)));
}

function showStats(stats) {
  const bot = stats.bots.find((bot) => bot.bot === now.bot);
  const gap = stats.smallest_gap_ms === null ? "–" : stats.smallest_gap_ms + " ms";
  const facts = [
    ["sent", stats.sent], ["refused", stats.refused], ["429s", stats.too_many_requests],
    ["most in 1 s", stats.most_in_a_second], ["smallest gap", gap], ["updates waiting", bot?.pending_updates ?? 0],
  ];
  $("stats").replaceChildren(...facts.map(([name, value]) => make("span", {}, name + " ", make("b", {}, String(value)))));
}

// ------------------------------------------------------- the words of a message

// The person whose chat is open joins a group by a link.
async function join(link) {
  if (await act(`/chats/${now.chat}/join`, { link })) tell("Joined the group.");
}

// A link to one of our bots or into a group opens here, everything else in a new tab.
function anchor(url, ...children) {
  let target;
  try { target = new URL(url); } catch { return make("span", {}, ...children); }
  const isInvite = target.pathname.includes("/+") && (target.hostname === "t.me" || url.startsWith(now.linkBase));
  if (isInvite) return make("a", { href: url, onclick: (event) => { event.preventDefault(); join(url); } }, ...children);
  if (!["http:", "https:", "mailto:", "tg:"].includes(target.protocol)) return make("span", {}, ...children);
  const isBotLink = now.bots.some((bot) => target.pathname.toLowerCase().endsWith("/" + bot.username.toLowerCase()))
    && (target.hostname === "t.me" || url.startsWith(now.linkBase));
  if (isBotLink) return make("a", { href: home + "/t.me" + target.pathname.slice(target.pathname.lastIndexOf("/")) + target.search }, ...children);
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function wrap(entity, text, inside) {
  switch (entity.type) {
    case "bold": return make("b", {}, ...inside);
    case "italic": return make("i", {}, ...inside);
    case "underline": return make("u", {}, ...inside);
    case "strikethrough": return make("s", {}, ...inside);
    case "code": return make("code", {}, ...inside);
    case "pre": return make("pre", { title: entity.language }, ...inside);
    case "blockquote": case "expandable_blockquote": return make("blockquote", {}, ...inside);
    case "spoiler": {
      const hidden = make("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text" }, ...inside);
      const reveal = () => { hidden.classList.add("open"); hidden.removeAttribute("aria-label"); };
      hidden.addEventListener("click", reveal);
      hidden.addEventListener("keydown", (event) => { if (event.key === "Enter") reveal(); });
      return hidden;
    }
    case "text_link": return anchor(entity.url, ...inside);
    case "url": return anchor(text.includes("://") ? text : "https://" + text, ...inside);
    case "email": return anchor("mailto:" + text, ...inside);
    case "bot_command": return make("button", { type: "button", class: "linklike", onclick: () => say(text) }, ...inside);
    case "mention": case "hashtag": case "text_mention": return make("span", { class: "linklike" }, ...inside);
    default: return make("span", {}, ...inside);
  }
}

// Entities come outermost first; each takes in those that lie inside it.
function words(text, entities, from = 0, to = text.length) {
  const nodes = [];
  let at = from;
  let index = 0;
  while (index < entities.length) {
    const entity = entities[index];
    const end = Math.min(entity.offset + entity.length, to);
    let next = index + 1;
    while (next < entities.length && entities[next].offset < end) next += 1;
    if (entity.offset > at) nodes.push(afterBlock(nodes, text.slice(at, entity.offset)));
    const inside = words(text, entities.slice(index + 1, next), entity.offset, end);
    nodes.push(wrap(entity, text.slice(entity.offset, end), inside));
    at = end;
    index = next;
  }
  if (at < to) nodes.push(afterBlock(nodes, text.slice(at, to)));
  return nodes;
}

// A block ends its line by itself; the line break behind it would be one too many.
function afterBlock(nodes, text) {
  const last = nodes[nodes.length - 1];
  const isBlock = last instanceof Element && ["PRE", "BLOCKQUOTE"].includes(last.tagName);
  return isBlock && text.startsWith("\n") ? text.slice(1) : text;
}

function image(url, alt) {
  const picture = make("img", { src: url, alt, loading: "lazy", referrerpolicy: "no-referrer" });
  picture.addEventListener("load", stayAtEnd);
  picture.addEventListener("error", () => {
    picture.replaceWith(make("div", { class: "missing" }, alt));
    stayAtEnd();
  });
  return picture;
}

const looksLikeImage = (url) => /\.(jpe?g|png|gif|webp|avif)(\?|$)/i.test(url);

function preview(message) {
  const options = message.link_preview_options || {};
  if (options.is_disabled || message.photo) return null;
  const first = (message.entities || []).find((entity) => entity.type === "url" || entity.type === "text_link");
  const url = options.url || first?.url || (first && message.text.substr(first.offset, first.length));
  if (!url) return null;
  let host;
  try { host = new URL(url.includes("://") ? url : "https://" + url).hostname; } catch { return null; }
  const isImage = looksLikeImage(url);
  const large = isImage && !options.prefer_small_media;
  const card = anchor(url.includes("://") ? url : "https://" + url, make("b", {}, host), isImage ? image(url, "Preview of " + host) : url);
  card.classList.add("preview", large ? "large" : "small");
  return card;
}

function buttons(message) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  const press = (button) => () => act(`/chats/${now.chat}/press`, { message_id: message.message_id, data: button.callback_data });
  const one = (button) => {
    if (button.url) return anchor(button.url, button.text);
    if (button.callback_data) return make("button", { type: "button", onclick: press(button) }, button.text);
    if (button.copy_text) return make("button", { type: "button", onclick: () => navigator.clipboard?.writeText(button.copy_text.text) }, button.text);
    return make("button", { type: "button", onclick: () => tell("The simulator does not follow this kind of button.") }, button.text);
  };
  return make("div", { class: "buttons" }, ...rows.map((row) => make("div", { class: "line" }, ...row.map(one))));
}

// ------------------------------------------------------------ the conversation

function serviceText(service) {
  const [joined] = service.new_chat_members || [];
  if (joined) {
    const goes = (verb) => make("button", {
      type: "button", class: "linklike", onclick: () => act(`/chats/${now.chat}/${verb}`, { person: joined.id }),
    }, verb);
    return [`${joined.first_name} joined the group · `, goes("leave"), " · ", goes("remove")];
  }
  if (service.left_chat_member) return [`${service.left_chat_member.first_name} is out of the group`];
  return [service.migrate_to_chat_id ? "This group became a supergroup" : "Upgraded from a group"];
}

// What was uploaded is shown; of a picture that is not kept here a tile stands in its place.
function photos(messages) {
  const pictures = messages.filter((message) => message.photo).map(({ photo }) =>
    image(photo.url || `${api}/files/${encodeURIComponent(photo.file_id)}`, "Photo"));
  if (pictures.length < 2) return pictures[0] || null;
  return make("div", { class: "album", role: "group", "aria-label": `Album of ${pictures.length} photos` }, ...pictures);
}

// An album is several messages, which stand in one bubble.
function albums(messages) {
  const shown = [];
  for (const message of messages) {
    const last = shown[shown.length - 1];
    if (message.media_group_id && last?.media_group_id === message.media_group_id) {
      last.album.push(message);
      if (!last.text && message.text) Object.assign(last, { text: message.text, entities: message.entities });
    } else {
      shown.push(message.media_group_id ? { ...message, album: [message] } : message);
    }
  }
  return shown;
}

function bubble(message, all) {
  if (message.service) {
    return make("li", { class: "service" }, ...serviceText(message.service));
  }
  const mine = !message.outgoing;
  const answered = all.find((other) => other.message_id === message.reply_to);
  const above = message.link_preview_options?.show_above_text;
  const card = preview(message);
  const content = make("div", { class: "bubble" },
    message.sender && mine ? make("div", { class: "sender" }, message.sender) : null,
    answered ? make("div", { class: "quote" }, answered.text) : null,
    photos(message.album || [message]),
    above ? card : null,
    message.text ? make("div", { class: "said" }, ...words(message.text, message.entities || [])) : null,
    above ? null : card,
    make("div", { class: "meta" }, (message.edit_date ? "edited " : "") + clock(message.date)));
  const whose = make("span", { hidden: true }, mine ? "You: " : "Bot: ");
  return make("li", { class: mine ? "message mine" : "message", "data-id": message.message_id }, whose, content, buttons(message));
}

// Whoever looks at the newest message goes on doing so when something comes or grows.
function stayAtEnd() {
  if (now.atEnd) $("messages").scrollTop = $("messages").scrollHeight;
}
$("messages").addEventListener("scroll", () => {
  const list = $("messages");
  now.atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
});

function showKeyboard(messages) {
  const last = messages.filter((message) => message.reply_markup && !message.reply_markup.inline_keyboard).pop();
  const rows = last?.reply_markup.keyboard || [];
  const one = (button) => {
    const text = typeof button === "string" ? button : button.text;
    return make("button", { type: "button", onclick: () => say(text) }, text);
  };
  $("keyboard").replaceChildren(...rows.map((row) => make("div", { class: "line" }, ...row.map(one))));
  $("keyboard").hidden = rows.length === 0;
}

function showHead(chat, standing, admin) {
  face($("face"), chat);
  $("name").textContent = chat.name;
  const isPrivate = chat.kind === "private";
  const closed = chat.deactivated || chat.migrated_to;
  const state = chat.deactivated ? "deleted account" : chat.migrated_to ? "became " + chat.migrated_to
    : { blocked: "blocked the bot", kicked: "threw the bot out", member: "", stranger: "has not started the bot", left: "without the bot" }[standing];
  $("about").textContent = [isPrivate ? "person " + chat.id : chat.kind + " " + chat.id, state].filter(Boolean).join(" · ");
  $("about").className = closed || standing === "blocked" || standing === "kicked" ? "warn" : "";
  const away = standing === "blocked" || standing === "kicked";
  $("block").textContent = away ? (isPrivate ? "Unblock bot" : "Add bot") : isPrivate ? "Block bot" : "Remove bot";
  $("block").hidden = closed || !(away || standing === "member");
  $("block").onclick = () => act(`/chats/${chat.id}/${away ? "unblock" : "block"}`);
  $("deactivate").hidden = !isPrivate || closed;
  $("migrate").hidden = chat.kind !== "group" || closed;
  $("promote").hidden = isPrivate || closed;
  $("promote").textContent = admin ? "Bot no administrator" : "Bot an administrator";
  $("promote").onclick = () => { $("promote").closest("details").open = false; act(`/chats/${chat.id}/promote`, { admin: !admin }); };
  const canWrite = standing === "member" && !closed;
  $("start").hidden = canWrite || closed;
  $("start").textContent = away ? "RESTART" : "START";
  $("text").hidden = $("send").hidden = $("attach").hidden = !canWrite;
}

async function showConversation() {
  const wanted = now.chat;
  const isOpen = wanted !== null && now.bot !== null;
  $("head").hidden = $("write").hidden = !isOpen || Boolean(now.deep);
  $("empty").hidden = isOpen || Boolean(now.deep);
  $("app").classList.toggle("open", isOpen || Boolean(now.deep));
  if (!isOpen) { $("messages").replaceChildren(); $("keyboard").hidden = true; return; }
  const talk = await ask(`/chats/${wanted}?bot=${encodeURIComponent(now.bot)}`);
  if (wanted !== now.chat) return;
  showHead(talk.chat, talk.standing, talk.admin);
  $("write").hidden = Boolean(now.deep) || Boolean(talk.chat.deactivated || talk.chat.migrated_to);
  const shown = JSON.stringify([wanted, now.bot, talk.messages]);
  if (shown !== now.shown) {
    now.atEnd = now.atEnd || !now.shown.startsWith(`[${wanted},`);
    const atEnd = now.atEnd;
    now.shown = shown;
    $("messages").replaceChildren(...albums(talk.messages).map((message) => bubble(message, talk.messages)));
    showKeyboard(talk.messages);
    now.atEnd = atEnd;
    stayAtEnd();
  }
  if (talk.notice?.text && now.notice !== talk.notice.text + talk.messages.length) {
    now.notice = talk.notice.text + talk.messages.length;
    tell(talk.notice.text);
  }
}

async function open(id) {
  now.chat = id;
  now.deep = null;
  $("deep").hidden = true;
  listChats();
  listBots();
  await showConversation();
  if (!$("text").hidden && matchMedia("(min-width: 701px)").matches) $("text").focus();
}

const say = (text) => act(`/chats/${now.chat}/messages`, { text });

// ----------------------------------------------------------------- deep links

function showDeepLink() {
  if (!now.deep) return;
  const { toGroup, payload, invite } = now.deep;
  const kinds = toGroup ? ["group", "supergroup"] : ["private"];
  const chats = now.chats.filter((chat) => kinds.includes(chat.kind) && !chat.deactivated && !chat.migrated_to);
  const chosen = $("who").value;
  $("who").replaceChildren(
    make("option", { value: "" }, toGroup ? "a new group" : "a new person"),
    ...chats.map((chat) => make("option", { value: chat.id, selected: String(chat.id) === chosen }, chat.name)));
  $("who-name").hidden = $("who").value !== "";
  face($("deep-face"), { id: [...now.deep.bot].reduce((sum, c) => sum + c.charCodeAt(0), 0), name: now.deep.bot.toUpperCase() });
  const known = now.bots.some((bot) => bot.username.toLowerCase() === now.deep.bot.toLowerCase());
  $("deep-text").textContent = invite ? "Join a group by a link" : !known ? `There is no bot @${now.deep.bot} here.`
    : `${toGroup ? "Add" : "Start"} @${now.bot}` + (payload ? ` with “${payload}”` : "");
  $("deep").querySelector("[type=submit]").textContent = invite ? "JOIN" : "START";
  $("deep").querySelector("[type=submit]").disabled = !known && !invite;
  $("deep").hidden = false;
}

$("deep-leave").addEventListener("click", () => {
  now.deep = null;
  $("deep").hidden = true;
  history.replaceState(null, "", home);
  showConversation();
});
$("who").addEventListener("change", showDeepLink);
$("deep").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { toGroup, payload, invite } = now.deep;
  let id = Number($("who").value) || null;
  if (!id) {
    const made = await act("/chats", { bot: undefined, kind: toGroup ? "group" : "private", name: $("who-name").value });
    id = made?.id;
  }
  if (!id || !(await (invite ? act(`/chats/${id}/join`, { link: invite }) : act(`/chats/${id}/start`, { payload })))) return;
  history.replaceState(null, "", home);
  open(id);
});

// ------------------------------------------------------------------- controls

function askName(label) {
  $("ask-label").textContent = label;
  $("ask-name").value = "";
  $("ask").returnValue = "no";
  $("ask").showModal();
  return new Promise((resolve) => {
    $("ask").onclose = () => resolve($("ask").returnValue === "yes" ? $("ask-name").value.trim() : null);
  });
}
$("ask-name").addEventListener("keydown", (event) => {
  if (event.key === "Enter") { event.preventDefault(); $("ask-yes").click(); }
});

async function create(kind, label) {
  const name = await askName(label);
  if (name === null) return;
  const made = await act("/chats", { bot: undefined, kind, name });
  if (made) open(made.id);
}

$("new-person").addEventListener("click", () => create("private", "Name of the person"));
$("new-group").addEventListener("click", () => create("group", "Title of the group"));
$("find").addEventListener("input", listChats);
$("bot").addEventListener("change", () => { now.bot = $("bot").value; refresh(); });
$("back").addEventListener("click", () => { now.chat = null; showConversation(); });
$("start").addEventListener("click", () => act(`/chats/${now.chat}/start`));
$("deactivate").addEventListener("click", () => { $("deactivate").closest("details").open = false; act(`/chats/${now.chat}/deactivate`); });
$("migrate").addEventListener("click", async () => {
  $("migrate").closest("details").open = false;
  const moved = await act(`/chats/${now.chat}/migrate`);
  if (moved) open(moved.migrate_to_chat_id);
});
$("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  if (!(await say(text))) $("text").value = text;
});

// What stands in the field goes below the picture.
$("photo").addEventListener("change", async () => {
  const [file] = $("photo").files;
  $("photo").value = "";
  if (!file) return;
  const query = new URLSearchParams({ bot: now.bot, caption: $("text").value.trim() });
  const response = await fetch(`${api}/chats/${now.chat}/photos?${query}`, { method: "POST", body: file });
  const answer = await response.json();
  if (!response.ok) return tell(answer.error || response.statusText);
  $("text").value = "";
  await refresh();
});

// ----------------------------------------------------------------- staying up to date

async function refresh() {
  const [bots, chats, stats] = await Promise.all([ask("/bots"), ask("/chats?limit=300"), ask("/stats?chats=false")]);
  now.bots = bots.bots;
  now.linkBase = bots.link_base;
  now.chats = chats;
  listBots();
  listChats();
  showStats(stats);
  showDeepLink();
  await showConversation();
}

async function follow() {
  let revision = 0;
  for (;;) {
    try {
      await refresh();
      revision = (await ask(`/changes?after=${revision}`)).revision;
      await new Promise((resolve) => setTimeout(resolve, 150));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

follow();
