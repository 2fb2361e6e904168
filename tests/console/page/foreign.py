# SPDX-License-Identifier: Apache-2.0
"""A page of somebody else, in a browser that has an operator's certificate."""
import http.server
import threading

from looks import domain, expect, load, pick_running

PAGE = b'''<!doctype html><title>Foreign</title>
<form method="post" enctype="text/plain"><input name="a" value="b"></form>'''


class Foreign(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.send_header('Content-Length', str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass  # nobody reads it


def foreign_page_can_do_nothing(browser, url):
    """By all the ways that need nobody's leave: a form, and a script's request without an answer."""
    load(browser, url)
    name = pick_running(browser, 'stop')
    before = domain(browser, name)['ticket']
    stop = f'{url}/v1/domains/{name}/stop'
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Foreign) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            browser.goto(f'http://127.0.0.1:{server.server_address[1]}/')
            browser.wait("document.title === 'Foreign' && document.forms.length === 1")
            expect('reading', browser.eval(
                f"fetch('{url}/v1/machine', {{credentials: 'include'}}).then(() => 'read',"
                " () => 'refused')"), 'refused')
            expect('the header that a POST needs', browser.eval(
                f"fetch('{stop}', {{method: 'POST', credentials: 'include', headers:"
                " {'Bulkhead-Request': '1'}}).then(() => 'sent', () => 'refused')"), 'refused')
            browser.eval(f"fetch('{stop}', {{method: 'POST', credentials: 'include',"
                         " mode: 'no-cors'}).catch(() => 0)")
            browser.eval(f"document.forms[0].action = '{stop}'; document.forms[0].submit()")
            # It leads to the console with the certificate: the refusal is the console's own.
            browser.wait(f"location.href === '{stop}' &&"
                         " document.documentElement.textContent.includes('Origin is not')")
        finally:
            server.shutdown()
    load(browser, url)
    expect('nothing was done', domain(browser, name)['ticket'], before)
    expect('it runs', domain(browser, name)['state'], 'running')
