// Captures real session descriptions as fixtures: node tools/capture-sdp.mjs (after ./run build).
// Each browser offers (audio, camera, screen), offers again, offers simulcast and a data channel,
// and answers one of our subscribe offers. That it takes our answers is part of the capture.
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { readPublishOffer, writePublishAnswer } from '../out/lib/negotiation/publish.js';
import { readSubscribeAnswer, writeSubscribeOffer } from '../out/lib/negotiation/subscribe.js';

const folder = join(import.meta.dirname, '..', 'test', 'fixtures', 'sdp');
const local = {
  ufrag: 'plenum00',
  pwd: 'plenumplenumplenumplenum',
  fingerprint: Array.from({ length: 32 }, (_, i) => (0xa0 + i).toString(16).toUpperCase()).join(
    ':',
  ),
  addresses: [{ protocol: 'udp', address: '127.0.0.1', port: 40000 }],
};
const slots = ['audio', 'audio', 'video', 'video'].map((kind, index) => ({
  mid: String(index),
  kind,
  ssrc: 1000 + index,
  rtxSsrc: kind === 'video' ? 2000 + index : 0,
  cname: 'plenum',
}));

function answer(sdp, version) {
  const offer = readPublishOffer(sdp);
  const wanted = new Set(offer.tracks.filter((track) => track.sends).map((track) => track.mid));
  return writePublishAnswer(offer, wanted, local, { id: 1, version });
}

// The following functions run in the page.

async function offerThree() {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const canvas = document.createElement('canvas');
  canvas.getContext('2d').fillRect(0, 0, 8, 8);
  const [screen] = canvas.captureStream(5).getVideoTracks();
  globalThis.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  for (const track of [...media.getTracks(), screen]) {
    pc.addTransceiver(track, { direction: 'sendonly' });
  }
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}

async function offerAgain(answer) {
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  pc.getTransceivers()[1].stop();
  pc.getTransceivers()[2].direction = 'inactive';
  pc.addTransceiver('video', { direction: 'sendonly' });
  pc.restartIce();
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}

async function accept(answer) {
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  pc.close();
}

async function offerSimulcast() {
  const media = await navigator.mediaDevices.getUserMedia({ video: true });
  globalThis.pc = new RTCPeerConnection();
  const sendEncodings = ['q', 'h', 'f'].map((rid, index) => ({
    rid,
    scaleResolutionDownBy: 2 ** (2 - index),
  }));
  pc.addTransceiver(media.getVideoTracks()[0], { direction: 'sendonly', sendEncodings });
  pc.createDataChannel('refused');
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}

async function answerSlots(offer) {
  globalThis.pc = new RTCPeerConnection();
  await pc.setRemoteDescription({ type: 'offer', sdp: offer });
  await pc.setLocalDescription();
  const { sdp } = pc.localDescription;
  pc.close();
  return sdp;
}

async function capture(browser, page) {
  const save = (name, sdp) => writeFile(join(folder, `${browser}-${name}.sdp`), sdp);
  const first = await page.evaluate(offerThree);
  await save('offer', first);
  const second = await page.evaluate(offerAgain, answer(first, 1));
  await save('offer-again', second);
  await page.evaluate(accept, answer(second, 2));
  const simulcast = await page.evaluate(offerSimulcast);
  await save('offer-simulcast', simulcast);
  await page.evaluate(accept, answer(simulcast, 1));
  const offer = writeSubscribeOffer(slots, local, { id: 2, version: 1 });
  const answered = await page.evaluate(answerSlots, offer);
  await save('answer', answered);
  readSubscribeAnswer(answered, slots);
}

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>capture</title>');
}).listen(0, '127.0.0.1');
const url = await new Promise((resolve) =>
  server.once('listening', () => resolve(`http://127.0.0.1:${server.address().port}/`)),
);
await mkdir(folder, { recursive: true });

const chrome = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--disable-gpu',
    '--allow-loopback-in-peer-connection',
  ],
});
const chromePage = await chrome.newPage();
await chromePage.goto(url);
await capture('chromium', chromePage);
await chrome.close();

const firefox = await puppeteer.launch({
  browser: 'firefox',
  executablePath: '/usr/bin/firefox-esr',
  headless: true,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.peerconnection.ice.loopback': true,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
  },
});
const firefoxPage = await firefox.newPage();
await firefoxPage.goto(url);
await capture('firefox', firefoxPage);
await firefox.close();
server.close();
