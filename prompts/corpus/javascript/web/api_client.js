// JSON client with base URL, default headers, time limit and typed errors.

class ApiError extends Error {
  constructor(status, message, body) {
    super(`${status}: ${message}`);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }

  get retryable() {
    return this.status === 429 || this.status >= 500;
  }
}

class ApiClient {
  constructor({ baseUrl, headers = {}, timeout = 10000, fetch = globalThis.fetch }) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.headers = headers;
    this.timeout = timeout;
    this.fetch = fetch;
  }

  url(path, query = {}) {
    const url = new URL(`${this.baseUrl}/${path.replace(/^\/+/, '')}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    return url.toString();
  }

  async request(method, path, { query, body } = {}) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.timeout);
    try {
      const response = await this.fetch(this.url(path, query), {
        method,
        headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}), ...this.headers },
        body: body ? JSON.stringify(body) : undefined,
        signal: controller.signal,
      });
      const text = await response.text();
      const data = text ? this.parse(text) : null;
      if (!response.ok) {
        throw new ApiError(response.status, data?.message ?? response.statusText, data);
      }
      return data;
    } finally {
      clearTimeout(timer);
    }
  }

  parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return { message: text.slice(0, 200) };
    }
  }

  get(path, query) {
    return this.request('GET', path, { query });
  }

  post(path, body) {
    return this.request('POST', path, { body });
  }

  /** All items of a paged list { items, next }, following `next`. */
  async *pages(path, query = {}) {
    let cursor;
    do {
      const page = await this.get(path, { ...query, cursor });
      yield* page.items;
      cursor = page.next;
    } while (cursor);
  }
}

module.exports = { ApiClient, ApiError };
