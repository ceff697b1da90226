export const prejoin = {
  'meeting.untitled': 'Besprechung',

  'prejoin.checking': 'Die Besprechung wird gesucht…',
  'prejoin.title': 'Bereit zur Teilnahme?',
  'prejoin.preview': 'Ihr Kamerabild',
  'prejoin.cameraOff': 'Ihre Kamera ist aus',
  'prejoin.cameraStarting': 'Kamera wird gestartet…',
  'prejoin.name': 'Ihr Name',
  'prejoin.nameNeeded': 'Bitte geben Sie einen Namen ein, damit andere wissen, wer Sie sind.',
  'prejoin.join': 'Teilnehmen',
  'prejoin.joining': 'Sie treten bei…',
  'prejoin.hostPresent': 'Die Leitung ist da.',
  'prejoin.hostAbsent': 'Die Leitung ist noch nicht da.',
  'prejoin.recording': 'Diese Besprechung wird aufgezeichnet.',
  'prejoin.devices': 'Kamera und Ton',
  'prejoin.again': 'Noch einmal versuchen',
  'prejoin.home': 'Zurück zur Startseite',

  'device.camera': 'Kamera',
  'device.microphone': 'Mikrofon',
  'device.speaker': 'Lautsprecher',
  'device.unnamed': 'Gerät {number, number}',
  'device.none': 'Keines gefunden',
  'device.level': 'Mikrofonpegel',
  'device.testSpeaker': 'Lautsprecher testen',
  'device.microphone.denied':
    'Der Browser erlaubt das Mikrofon nicht. Sie können teilnehmen und zuhören.',
  'device.microphone.missing':
    'Es wurde kein Mikrofon gefunden. Sie können teilnehmen und zuhören.',
  'device.microphone.failed':
    'Das Mikrofon ließ sich nicht starten. Benutzt es gerade ein anderes Programm?',
  'device.camera.denied': 'Der Browser erlaubt die Kamera nicht. Sie können ohne sie teilnehmen.',
  'device.camera.missing': 'Es wurde keine Kamera gefunden. Sie können ohne sie teilnehmen.',
  'device.camera.failed':
    'Die Kamera ließ sich nicht starten. Benutzt sie gerade ein anderes Programm?',

  'prejoin.lobby': 'Nach dem Beitreten lässt die Leitung Sie ein.',
  'prejoin.passcode': 'Zugangscode',
  'prejoin.passcodeNeeded': 'Bitte geben Sie den Zugangscode der Besprechung ein.',
  'prejoin.wrongPasscode': 'Das ist nicht der Zugangscode dieser Besprechung.',
  'prejoin.tryPasscode': 'Mit dem Zugangscode öffnen',
  'prejoin.consent':
    'Ich bin einverstanden, dass diese Besprechung mit meiner Stimme und meinem Bild aufgezeichnet wird.',
  'prejoin.consentNeeded':
    'Ohne Ihre Zustimmung können Sie an dieser Besprechung nicht teilnehmen.',
  'prejoin.consentTitle': 'Diese Besprechung wird aufgezeichnet. Sie auch?',
  'prejoin.consentNo': 'Ich stimme nicht zu.',
  'prejoin.consentNo.ask_each': 'Sie nehmen teil und werden nicht aufgezeichnet.',
  'prejoin.consentNo.all_must_accept': 'An dieser Besprechung nimmt nur teil, wer zustimmt.',
  'prejoin.consentChoose': 'Bitte wählen Sie eines von beiden.',
  'prejoin.login': 'Anmelden',
  'prejoin.loggedIn': 'Ich habe mich angemeldet',
  'prejoin.loggedInAs': 'Sie sind als {name} angemeldet.',

  'waiting.title': 'Die Leitung lässt Sie ein',
  'waiting.text': 'Die Leitung weiß, dass Sie warten. Sie müssen nichts tun.',
  'waiting.since': 'Sie warten seit',
  'waiting.position': 'Ihr Platz',
  'waiting.number': 'Nummer {position, number}',
  'waiting.message': 'Von der Leitung',

  'time.seconds': '{count, number} s',
  'time.minutes': '{count, number} min',
};
