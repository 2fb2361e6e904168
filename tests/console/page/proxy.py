# SPDX-License-Identifier: Apache-2.0
"""TLS in front of build/console-plain, so that a browser's Origin is what the console expects.

usage: proxy.py PORT TO ADMIN CERTIFICATE
Listens on 127.0.0.1:PORT with CERTIFICATE (PEM, with its key) and hands on to port TO, saying that
it is ADMIN, a number.
"""
import asyncio
import ssl
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:  # either end may leave
        pass
    finally:
        writer.close()


async def main():
    port, to, admin, certificate = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def connected(reader, writer):
        try:
            behind_reader, behind = await asyncio.open_connection('127.0.0.1', to)
        except OSError:
            writer.close()
            return
        behind.write(f'admin {admin}\n'.encode())
        await asyncio.gather(copy(reader, behind), copy(behind_reader, writer))

    server = await asyncio.start_server(connected, '127.0.0.1', port, ssl=context)
    print('ready', flush=True)
    await server.serve_forever()


asyncio.run(main())
