"use strict";

const home = location.pathname.replace(/\/+$/, "");
const service = home.split("/").pop();
const $ = (id) => document.getElementById(id);
const titles = { discord: "Discord", slack: "Slack", webhook: "Webhook receiver" };
const examples = { discord: "/api/webhooks/1/token", slack: "/services/T0/B0/token", webhook: "/mine" };

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function link(url, label) {
  return /^https?:/.test(url) ? make("a", label || url, { href: url, target: "_blank", rel: "noreferrer" }) : make("span", label || url);
}

// The services' own markup is shown as its words: what matters is what was said.
function words(text) {
  return (text || "").replace(/\[([^\]]+)\]\(([^)]+)\)/g, "$1: $2").replace(/\\(.)/g, "$1")
    .replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

const shapes = {
  discord(body) {
    const parts = body.content ? [make("p", words(body.content))] : [];
    for (const embed of body.embeds || []) {
      if (embed.title) parts.push(make("h2", embed.title));
      if (embed.description) parts.push(make("p", words(embed.description)));
      if (embed.url) parts.push(link(embed.url));
      if (embed.footer) parts.push(make("p", embed.footer.text, { class: "about" }));
    }
    return parts;
  },
  slack(body) {
    if (!body.blocks) return [make("p", words(body.text))];
    return body.blocks.flatMap((block) => {
      if (block.type === "header") return [make("h2", block.text.text)];
      if (block.type === "section") return [make("p", words(block.text.text))];
      if (block.type === "actions") return block.elements.map((it) => link(it.url, it.text.text));
      if (block.type === "context") return block.elements.map((it) => make("p", words(it.text), { class: "about" }));
      return [];
    });
  },
  webhook(body) {
    return [make("h2", body.type || "message")];
  },
};

function show(posts) {
  $("empty").hidden = posts.length > 0;
  $("count").textContent = posts.length === 1 ? "1 post" : `${posts.length} posts`;
  $("posts").replaceChildren(...posts.map((post) => {
    const item = make("li", "", { class: post.taken ? "" : "refused" });
    item.append(...shapes[service](post.body || {}));
    const status = post.status ? `answered ${post.status}` : "the connection broke";
    const when = new Date(post.at_ms).toLocaleTimeString();
    item.append(make("p", `${post.address} · ${when} · ${status}`, { class: "about" }));
    const raw = make("details");
    raw.append(make("summary", "As it came"), make("pre", JSON.stringify(post.body, null, 2)));
    item.append(raw);
    return item;
  }));
}

let seen = "";
async function refresh() {
  try {
    const { posts } = await (await fetch(`${home}/control/posts`)).json();
    const now = JSON.stringify(posts);
    if (now !== seen) {
      seen = now;
      show(posts);
    }
  } catch {
    $("count").textContent = "The simulator does not answer.";
  }
  setTimeout(refresh, 1500);
}

$("title").textContent = document.title = titles[service] || service;
$("example").textContent = location.origin + home + (examples[service] || "");
refresh();
