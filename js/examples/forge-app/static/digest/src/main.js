// The page: ties the view to the bridge.

import { invoke } from '@forge/bridge';
import { wrapBridge } from 'headroom-forge/bridge';
import { show } from './view.js';

const bridge = wrapBridge({ invoke });
const ids = Array.from({ length: 200 }, (_, index) => String(100_000 + index));
void show(document, bridge.invoke, { key: 'digest:all', ids });
