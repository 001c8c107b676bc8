// The programs of the repository that tests run, where `cargo xtask test` has built them.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILT = join(process.env.CARGO_TARGET_DIR || join(ROOT, 'target'), 'debug');
const program = (name) => join(BUILT, process.platform === 'win32' ? `${name}.exe` : name);

/** The command line. */
export const HEADROOM = process.env.HEADROOM_PROGRAM || program('headroom');
/** The simulator with a client in another process. */
export const REMOTE = process.env.HEADROOM_REMOTE || program('examples/remote');

/** Why a test that needs these programs is skipped; false if it is not. */
export function missing(...programs) {
  const lost = programs.find((path) => !existsSync(path));
  return lost ? `there is no \`${lost}\`: run \`cargo build --workspace --bins --examples\`` : false;
}

/** Chromium by the names that it goes by, as in xtask/src/browser.rs. */
export const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  .flatMap((name) => process.env.PATH.split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));

/** Why a test that needs a browser is skipped; false if it is not. */
export const noBrowser = CHROMIUM ? false : 'there is no Chromium on PATH';

/** Without a window, and time passes as fast as it can. The sandbox does not work as root; the page is ours. */
export const headless = (profile) =>
  `--headless=new --no-sandbox --disable-gpu --virtual-time-budget=20000 --dump-dom --user-data-dir=${profile}`.split(
    ' ',
  );
