// Client-side router: matches paths with parameters and guards.

class Route {
  constructor(pattern, handler) {
    this.handler = handler;
    this.names = [];
    const source = pattern
      .split('/')
      .map((part) => {
        if (part === '*') return '.*';
        if (!part.startsWith(':')) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        this.names.push(part.slice(1));
        return '([^/]+)';
      })
      .join('/');
    this.regex = new RegExp(`^${source}$`);
  }

  match(path) {
    const found = this.regex.exec(path);
    if (!found) return null;
    return Object.fromEntries(this.names.map((name, i) => [name, decodeURIComponent(found[i + 1])]));
  }
}

class Router {
  #routes = [];
  #guards = [];
  #notFound = () => null;

  add(pattern, handler) {
    this.#routes.push(new Route(pattern, handler));
    return this;
  }

  /** A guard may return a path to go to instead, or false to stop. */
  guard(check) {
    this.#guards.push(check);
    return this;
  }

  fallback(handler) {
    this.#notFound = handler;
    return this;
  }

  async go(url, depth = 0) {
    if (depth > 10) throw new Error(`too many redirects at ${url}`);
    const [path, search = ''] = url.split('?');
    const query = Object.fromEntries(new URLSearchParams(search));
    for (const guard of this.#guards) {
      const verdict = await guard(path, query);
      if (verdict === false) return null;
      if (typeof verdict === 'string' && verdict !== path) return this.go(verdict, depth + 1);
    }
    for (const route of this.#routes) {
      const params = route.match(path);
      if (params) return route.handler({ path, params, query });
    }
    return this.#notFound({ path, query });
  }
}

module.exports = { Route, Router };
