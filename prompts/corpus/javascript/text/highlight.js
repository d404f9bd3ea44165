// Marks search terms in text and cuts a snippet around them.

function escapeRegex(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function escapeHtml(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** Terms of a query; quoted phrases stay together and a leading minus excludes a term. */
function parseQuery(query) {
  const include = [];
  const exclude = [];
  for (const match of query.matchAll(/(-?)(?:"([^"]+)"|(\S+))/g)) {
    const term = (match[2] ?? match[3]).toLowerCase();
    (match[1] === '-' ? exclude : include).push(term);
  }
  return { include, exclude };
}

/** Positions [begin, end) of all terms, longest first where they overlap. */
function findTerms(text, terms) {
  if (terms.length === 0) return [];
  const sorted = [...terms].sort((a, b) => b.length - a.length);
  const regex = new RegExp(sorted.map(escapeRegex).join('|'), 'gi');
  return [...text.matchAll(regex)].map((match) => [match.index, match.index + match[0].length]);
}

function highlight(text, terms, tag = 'mark') {
  let html = '';
  let position = 0;
  for (const [begin, end] of findTerms(text, terms)) {
    html += escapeHtml(text.slice(position, begin));
    html += `<${tag}>${escapeHtml(text.slice(begin, end))}</${tag}>`;
    position = end;
  }
  return html + escapeHtml(text.slice(position));
}

/** Part of the text around the first term, cut at words, with ellipses where something is left out. */
function snippet(text, terms, length = 120) {
  if (text.length <= length) return text;
  const [first] = findTerms(text, terms);
  const centre = first ? first[0] : 0;
  let begin = Math.max(0, Math.min(centre - Math.floor(length / 3), text.length - length));
  let end = begin + length;
  if (begin > 0) begin = text.indexOf(' ', begin) + 1;
  if (end < text.length) end = text.lastIndexOf(' ', end);
  return `${begin > 0 ? '… ' : ''}${text.slice(begin, end).trim()}${end < text.length ? ' …' : ''}`;
}

module.exports = { parseQuery, highlight, snippet, escapeHtml };
