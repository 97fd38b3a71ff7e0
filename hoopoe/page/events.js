'use strict';
const list = document.getElementById('events');
const kind = document.getElementById('kind');
const KEPT = 500;
const TONES = {
  'Message Sent': 'good', 'Channel Activated': 'good', 'Order Paid': 'good',
  'Message Failed': 'warn', 'Message Unknown': 'warn', 'Channel Blocked': 'warn', 'Order Refunded': 'warn',
};
const known = new Set();
let latest = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function about(detail) {
  return detail.url || detail.reason || detail.offer_id || detail.job_id || detail.channel_id || '';
}

function row(event) {
  const type = event['detail-type'];
  const item = element('li');
  item.dataset.kind = type;
  const time = element('time', new Date(event.time).toLocaleTimeString());
  time.dateTime = event.time;
  const summary = element('summary');
  summary.append(element('b', type, TONES[type]), element('span', about(event.detail)), time);
  const whole = element('details');
  whole.append(summary, element('pre', JSON.stringify(event.detail, null, 2)));
  item.append(whole);
  return item;
}

function choose() {
  for (const item of list.children) item.hidden = kind.value !== '' && item.dataset.kind !== kind.value;
}

function offer(type) {
  if (known.has(type)) return;
  known.add(type);
  kind.append(element('option', type));
}

async function look() {
  try {
    const answer = await fetch(`/events.json?after=${latest}`);
    const { published, events } = await answer.json();
    if (published < latest) { latest = 0; list.replaceChildren(); return; }
    for (const event of events) {
      offer(event['detail-type']);
      list.prepend(row(event));
      latest = event.number;
    }
    while (list.children.length > KEPT) list.lastElementChild.remove();
    if (events.length > 0) choose();
    document.getElementById('empty').hidden = published > 0;
    document.getElementById('count').textContent =
      published === 0 ? 'None yet' : `${published} published, the latest first`;
  } catch {
    document.getElementById('count').textContent = 'Hoopoe does not answer';
  }
}

kind.addEventListener('change', choose);
(async () => {
  for (;;) {
    await look();
    await new Promise((done) => setTimeout(done, 1000));
  }
})();
