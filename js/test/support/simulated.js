// The driver as a client of the project's simulator, which runs as a program of its own and asks one question per line
// (cli/examples/remote.rs): what it sends, how long it waits and what it ends with makes the simulator's trace.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createHeadroom } from 'headroom-forge';
import { settled } from './manual.js';

/** Runs a scenario with the driver; its trace, that many bytes at most, is in the file afterwards. */
export async function simulate(program, scenario, seed, name, trace, bytes) {
  const world = spawn(program, [scenario, String(seed), name, trace, String(bytes)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => world.on('close', resolve));
  const nodes = new Map();
  for await (const line of createInterface({ input: world.stdout })) {
    const question = JSON.parse(line);
    if (question.ask === 'begin') nodes.set(question.node, new Node(question));
    else {
      const reply = await nodes.get(question.node)[question.ask](question);
      if (reply !== undefined) world.stdin.write(`${reply}\n`);
    }
  }
  const code = await ended;
  if (code !== 0) throw new Error(`\`${program}\` ended with ${code}`);
}

/** The client of one node: what its jobs do next is noted, and told when nothing is left to do at this instant. */
class Node {
  #now = 0;
  #jobs = new Map();

  constructor({ config, seed }) {
    this.headroom = createHeadroom({
      ...config,
      seed: BigInt(seed),
      now: () => this.#now,
      sleep: (ms) => this.#sleep(ms),
    });
  }

  async start({ job, now, operation, options }) {
    this.#now = now;
    const state = { move: undefined, go: undefined };
    this.#jobs.set(job, state);
    this.#current = state;
    const send = () => this.#noted(state, 'send');
    const call = operation.functionKey
      ? this.headroom.invokeWithRetry(send, undefined, { ...operation, ...options })
      : this.headroom.requestWithRetry(operation, { ...options, send });
    call.then(
      (value) => (state.move = value?.status >= 400 ? 'lost' : 'done'),
      (error) => (state.move = error.name === 'DeferredError' ? `deferred ${error.notBefore.getTime()}` : 'lost'),
    );
    return this.#moveOf(state);
  }

  async answer({ job, now, answer }) {
    return this.#goOn(job, now, (go) => {
      if (answer.resolved !== undefined) go.resolve(JSON.parse(answer.resolved));
      else if (answer.rejected !== undefined) go.reject(JSON.parse(answer.rejected));
      else go.resolve(new Response(answer.body && Buffer.from(answer.body, 'base64'), answer));
    });
  }

  async fail({ job, now, isTimeout }) {
    return this.#goOn(job, now, (go) =>
      go.reject(isTimeout ? new DOMException('', 'TimeoutError') : new Error('no answer')),
    );
  }

  async wake({ job, now }) {
    return this.#goOn(job, now, (go) => go.resolve());
  }

  async save({ now }) {
    this.#now = now;
    return Buffer.from(this.headroom.save().bytes).toString('base64');
  }

  async restore({ now, state }) {
    this.#now = now;
    try {
      this.headroom.restore(Uint8Array.from(Buffer.from(state, 'base64')));
    } catch (error) {
      // What another clock has saved may lie in this one's future; it is then no memory.
      if (error.name !== 'StateError') throw error;
    }
  }

  /** Whose turn it is: only one job is asked at a time, so a sleep is that job's. */
  #current;

  #goOn(job, now, tell) {
    this.#now = now;
    const state = this.#jobs.get(job);
    this.#current = state;
    tell(state.go);
    return this.#moveOf(state);
  }

  #sleep(millis) {
    return this.#noted(this.#current, `wait ${this.#now + millis}`);
  }

  #noted(state, move) {
    state.move = move;
    return new Promise((resolve, reject) => (state.go = { resolve, reject }));
  }

  async #moveOf(state) {
    for (let turn = 0; state.move === undefined; turn += 1) {
      if (turn > 1_000) throw new Error('the driver neither sends nor waits nor ends');
      await settled();
    }
    const { move } = state;
    state.move = undefined;
    return move;
  }
}
