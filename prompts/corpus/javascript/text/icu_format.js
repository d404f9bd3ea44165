// Messages with plurals and choices: "{count, plural, one {# file} other {# files}} in {folder}".

class MessageError extends Error {}

function findClosing(text, open) {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth += 1;
    if (text[i] === '}') {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  throw new MessageError(`missing } for position ${open}`);
}

function parseOptions(text) {
  const options = new Map();
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf('{', position);
    if (open < 0) break;
    const close = findClosing(text, open);
    options.set(text.slice(position, open).trim(), text.slice(open + 1, close));
    position = close + 1;
  }
  if (!options.has('other')) throw new MessageError('an option "other" is needed');
  return options;
}

function choosePlural(count, options, locale) {
  const exact = options.get(`=${count}`);
  if (exact !== undefined) return exact;
  const category = new Intl.PluralRules(locale).select(count);
  return options.get(category) ?? options.get('other');
}

function format(message, values, locale = 'en') {
  let out = '';
  let position = 0;
  while (position < message.length) {
    const open = message.indexOf('{', position);
    if (open < 0) return out + message.slice(position);
    out += message.slice(position, open);
    const close = findClosing(message, open);
    out += formatArgument(message.slice(open + 1, close), values, locale);
    position = close + 1;
  }
  return out;
}

function formatArgument(text, values, locale) {
  const [name, kind] = text.split(',', 2).map((part) => part.trim());
  if (!Object.hasOwn(values, name)) throw new MessageError(`no value for ${name}`);
  const value = values[name];
  if (kind === undefined) return String(value);
  const options = parseOptions(text.split(',').slice(2).join(','));
  if (kind === 'plural') {
    const chosen = choosePlural(value, options, locale);
    return format(chosen.replaceAll('#', new Intl.NumberFormat(locale).format(value)), values, locale);
  }
  if (kind === 'select') return format(options.get(value) ?? options.get('other'), values, locale);
  throw new MessageError(`unknown kind ${kind}`);
}

module.exports = { format, MessageError };
