"""TCP links that can be cut: what connects to `port` reaches `target`, as long as the link lets it.

A cut link resets its connections and refuses new ones, as a router does that knows the way is gone. A frozen one
takes everything and passes nothing on, as a network does that loses packets. All links share one thread.
"""

import asyncio
import socket
import struct
import threading

PIECE = 256 * 1024


class Wire:
    """The thread in which links live."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def close(self):
        async def end():
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.call(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()


def reset(writer):
    """Ends the connection with RST, not with a goodbye."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Link:
    """One way to one target; made whole."""

    def __init__(self, wire, target, port=0):
        self.wire = wire
        self.target = target
        self.writers = set()
        self.is_cut = False
        self.open = asyncio.Event()
        self.open.set()
        wire.call(self.listen(port))

    async def listen(self, port):
        self.server = await asyncio.start_server(self.connect, "127.0.0.1", port, limit=PIECE)
        self.port = self.server.sockets[0].getsockname()[1]

    async def connect(self, reader, writer):
        if self.is_cut:
            reset(writer)
            return
        self.writers.add(writer)
        try:
            await self.open.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target, limit=PIECE)
            self.writers.add(far_writer)
            await asyncio.gather(self.pass_on(reader, far_writer), self.pass_on(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            reset(writer)
            self.writers.discard(writer)

    async def pass_on(self, reader, writer):
        """Until either side ends; then both do."""
        try:
            while piece := await reader.read(PIECE):
                await self.open.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def change(self, is_cut, is_open):
        self.is_cut = is_cut
        if is_open:
            self.open.set()
        else:
            self.open.clear()
        if is_cut:
            for writer in list(self.writers):
                reset(writer)

    def cut(self):
        self.wire.call(self.change(True, True))

    def freeze(self):
        self.wire.call(self.change(False, False))

    def heal(self):
        self.wire.call(self.change(False, True))

    def close(self):
        async def end():
            self.server.close()
            for writer in list(self.writers):
                reset(writer)

        self.wire.call(end())
