/** What a browser tab needs for sharing the event stream: `EventSource`, Web Locks, a BroadcastChannel. */
import type { WorkbenchEvent } from '../../main/api/contract.ts';
import type { Channel, Heard, Stream, StreamListener, Surroundings } from './shared-events.ts';

/** If a browser lacks locks or channels, every tab has a stream of its own. */
export function browserSurroundings(): Surroundings {
  const shared = 'locks' in navigator && typeof BroadcastChannel === 'function';
  return {
    open: openStream,
    channel: shared ? openChannel() : { post: () => {}, listen: () => {}, close: () => {} },
    locks: shared ? navigator.locks : { request: (_name, _options, held) => held() },
    visible: () => document.visibilityState === 'visible',
  };
}

function openStream(listener: StreamListener): Stream {
  const source = new EventSource('/api/events');
  source.addEventListener('heartbeat', () => listener.heartbeat());
  source.addEventListener('message', ({ data }: MessageEvent<string>) =>
    listener.event(JSON.parse(data) as WorkbenchEvent),
  );
  source.addEventListener('error', () => listener.failed());
  return source;
}

function openChannel(): Channel {
  const channel = new BroadcastChannel('understudy-events');
  return {
    post: (heard) => channel.postMessage(heard),
    listen: (hear) => {
      channel.onmessage = ({ data }: MessageEvent<Heard>) => hear(data);
    },
    close: () => channel.close(),
  };
}
