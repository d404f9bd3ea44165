// Command-line arguments by a declaration of options.

class UsageError extends Error {}

/**
 * options: { name: { short, type: 'flag' | 'string' | 'number' | 'list', default, help } }
 * Returns { values, positional }.
 */
function parseArgs(argv, options) {
  const values = {};
  const positional = [];
  const byShort = new Map();
  for (const [name, option] of Object.entries(options)) {
    if (option.short) byShort.set(option.short, name);
    values[name] = option.default ?? (option.type === 'list' ? [] : option.type === 'flag' ? false : undefined);
  }

  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i];
    if (argument === '--') {
      positional.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positional.push(argument);
      continue;
    }
    let [name, inline] = argument.split(/=(.*)/s);
    name = name.startsWith('--') ? name.slice(2) : byShort.get(name.slice(1));
    const option = options[name];
    if (!option) throw new UsageError(`unknown option ${argument}`);
    if (option.type === 'flag') {
      if (inline !== undefined) throw new UsageError(`--${name} takes no value`);
      values[name] = true;
      continue;
    }
    const text = inline ?? argv[++i];
    if (text === undefined) throw new UsageError(`--${name} needs a value`);
    store(values, name, option, text);
  }
  return { values, positional };
}

function store(values, name, option, text) {
  if (option.type === 'number') {
    const number = Number(text);
    if (text.trim() === '' || Number.isNaN(number)) throw new UsageError(`--${name}: not a number: ${text}`);
    values[name] = number;
  } else if (option.type === 'list') {
    values[name] = [...values[name], text];
  } else {
    values[name] = text;
  }
}

function usage(program, options) {
  const lines = Object.entries(options).map(([name, option]) => {
    const short = option.short ? `-${option.short}, ` : '    ';
    const value = option.type === 'flag' ? '' : ` ${option.type.toUpperCase()}`;
    return [`  ${short}--${name}${value}`, option.help ?? ''];
  });
  const width = Math.max(...lines.map(([left]) => left.length));
  const body = lines.map(([left, help]) => `${left.padEnd(width)}  ${help}`.trimEnd());
  return [`usage: ${program} [options]`, ...body].join('\n');
}

module.exports = { parseArgs, usage, UsageError };
