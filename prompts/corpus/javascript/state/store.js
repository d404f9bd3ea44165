// A small state container with reducers, middleware and selectors.

function createStore(reducer, initialState, middleware = []) {
  let state = initialState;
  let dispatching = false;
  const listeners = new Set();

  function baseDispatch(action) {
    if (dispatching) throw new Error('a reducer must not dispatch');
    dispatching = true;
    try {
      state = reducer(state, action);
    } finally {
      dispatching = false;
    }
    for (const listener of [...listeners]) listener(state, action);
    return action;
  }

  const store = {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispatch: (action) => dispatch(action),
  };
  const dispatch = middleware.reduceRight((next, layer) => layer(store)(next), baseDispatch);
  return store;
}

function combineReducers(reducers) {
  return (state = {}, action) => {
    let changed = false;
    const next = {};
    for (const [name, reducer] of Object.entries(reducers)) {
      next[name] = reducer(state[name], action);
      changed ||= next[name] !== state[name];
    }
    return changed ? next : state;
  };
}

/** Recomputes only when one of the inputs has changed. */
function createSelector(inputs, compute) {
  let lastArguments = null;
  let lastResult;
  return (state) => {
    const values = inputs.map((input) => input(state));
    const same = lastArguments !== null && values.every((value, i) => value === lastArguments[i]);
    if (!same) {
      lastResult = compute(...values);
      lastArguments = values;
    }
    return lastResult;
  };
}

const thunk = (store) => (next) => (action) =>
  typeof action === 'function' ? action(store.dispatch, store.getState) : next(action);

module.exports = { createStore, combineReducers, createSelector, thunk };
