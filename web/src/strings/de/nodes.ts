export const nodes = {
  'site.nodes': 'Knoten',
  'nodes.title': 'Knoten',
  'nodes.sum': '{nodes, plural, one {# Knoten} other {# Knoten}}',
  'nodes.rooms': '{count, plural, one {# Raum} other {# Räume}}',
  'nodes.people': '{count, plural, one {# Person} other {# Personen}}',
  'nodes.none': 'Noch keine Medienknoten.',
  'nodes.noneHint':
    'Besprechungen brauchen einen. Erstellen Sie ein Token und starten Sie damit einen Knoten.',
  'nodes.cut': 'Nur die ersten {count, number} werden gezeigt.',
  'nodes.notAdmin': 'Diese Seite ist für Administratoren',
  'nodes.secondFactor':
    'Administratoren sehen dies nach einer Anmeldung mit zweitem Faktor. Richten Sie ihn im Konto ein, oder bestätigen Sie dort mit ihm.',
  'nodes.stale': 'Das Gezeigte ist vielleicht veraltet: {reason}',
  'nodes.back': 'Alle Knoten',
  'nodes.gone': 'Diesen Knoten gibt es nicht, oder er wurde entfernt.',

  'nodes.state.up': 'Bereit',
  'nodes.state.draining': 'Wird geleert',
  'nodes.state.drained': 'Leer',
  'nodes.state.silent': 'Stumm',
  'nodes.state.full': 'Voll',
  'nodes.state.drops': 'Verwirft Pakete',
  'nodes.state.loss': 'Schlechte Leitungen',
  'nodes.state.lost': 'Verloren',
  'nodes.why.up': 'Er nimmt neue Räume an.',
  'nodes.why.draining': 'Seine Räume ziehen auf andere Knoten um. Er nimmt keine neuen an.',
  'nodes.why.drained':
    'Er hat keine Räume und nimmt keine an: Er kann angehalten oder entfernt werden.',
  'nodes.why.silent':
    'Seit zwei Sekunden ist nichts von ihm zu hören. So lange nimmt er keine neuen Räume an.',
  'nodes.why.full': 'Er ist an seiner Grenze: Neue Räume gehen auf andere Knoten.',
  'nodes.why.drops': 'Er ist zu langsam für seine Pakete: Neue Räume gehen auf andere Knoten.',
  'nodes.why.loss': 'Wer an ihn sendet, verliert viele Pakete: Neue Räume gehen auf andere Knoten.',
  'nodes.why.lost': 'Von ihm ist nichts zu hören. Seine Räume sind auf andere Knoten gegangen.',
  'nodes.sole':
    'Der einzige Knoten, im Prozess des Servers selbst. Er kann nicht geleert oder entfernt werden.',

  'nodes.facts': 'Zustand',
  'nodes.load': 'Last',
  'nodes.loadNone': 'nicht gemessen',
  'nodes.region': 'Region',
  'nodes.version': 'Version',
  'nodes.id': 'Kennung',
  'nodes.beat': 'Letztes Lebenszeichen',
  'nodes.since': 'Seit',
  'nodes.enrolled': 'Aufgenommen',
  'nodes.lost': 'Auf dem Weg zu ihm verlorene Pakete',
  'nodes.dropped': 'Von ihm verworfene Pakete',
  'nodes.until': 'Bis {time}',
  'nodes.seen': 'Letztes Lebenszeichen {time}',

  'nodes.drain': 'Leeren',
  'nodes.drainNamed': '{name} leeren',
  'nodes.drainTitle': '{name} leeren?',
  'nodes.drainText':
    '{count, plural, =0 {Er hat keine Räume und nimmt keine neuen an.} one {Sein Raum zieht auf einen anderen Knoten um, und er nimmt keine neuen an. Alle bleiben in ihrer Besprechung.} other {Seine # Räume ziehen nacheinander auf andere Knoten um, und er nimmt keine neuen an. Alle bleiben in ihren Besprechungen.}}',
  'nodes.drainNowhere':
    'Er nimmt keine neuen Räume an. Im Moment nimmt kein anderer Knoten welche: Seine bleiben, bis es einen gibt, und werden hier geschlossen, wenn die Zeit um ist.',
  'nodes.deadline': 'Zeit dafür',
  'nodes.deadlineHint': 'Ein Raum, der bis dahin nicht umgezogen ist, wird hier geschlossen.',
  'nodes.minutes': '{count, plural, one {# Minute} other {# Minuten}}',
  'nodes.hours': '{count, plural, one {# Stunde} other {# Stunden}}',
  'nodes.draining': 'Das Leeren hat begonnen',
  'nodes.undrain': 'Nicht mehr leeren',
  'nodes.undrainNamed': '{name} nicht mehr leeren',
  'nodes.undrainTitle': '{name} nicht mehr leeren?',
  'nodes.undrainText': 'Er nimmt wieder Räume an. Was schon umgezogen ist, bleibt, wo es ist.',
  'nodes.undrained': 'Er nimmt wieder Räume an',

  'nodes.remove': 'Entfernen',
  'nodes.removeNamed': '{name} entfernen',
  'nodes.removeTitle': '{name} endgültig entfernen?',
  'nodes.removeText':
    'Sein Zertifikat öffnet nichts mehr. Um wiederzukommen, braucht er ein neues Token.',

  'nodes.roomsTitle': 'Räume auf diesem Knoten',
  'nodes.noRooms': 'Keine.',
  'nodes.room': 'Besprechung {id}',
  'nodes.roomSince': 'offen seit {time}',
  'nodes.process': 'Prozess {address}',
  'nodes.processGone': 'Prozess verschwunden',
  'nodes.move': 'Umziehen',
  'nodes.moveNamed': '{title} umziehen',
  'nodes.moveTitle': '{title} umziehen?',
  'nodes.moveText':
    'Alle bleiben in der Besprechung: Sie sind mit dem anderen Knoten verbunden, bevor dieser loslässt.',
  'nodes.moveTo': 'Wohin',
  'nodes.moveAny': 'Der Server wählt',
  'nodes.moveNowhere': 'Im Moment nimmt kein anderer Knoten Räume an.',
  'nodes.moved': '{title} geht auf {name}',

  'nodes.add': 'Knoten hinzufügen',
  'nodes.addLead':
    'Ein Token lässt eine Maschine hinzukommen, einmal, binnen einer Stunde. Starten Sie dort den Knoten damit.',
  'nodes.makeToken': 'Token erstellen',
  'nodes.tokenOnce':
    'Kopieren Sie das Token jetzt: Es wird nicht noch einmal gezeigt. Es gilt bis {time}.',
  'nodes.tokenUse': 'Auf der neuen Maschine',
  'nodes.tokenSole':
    'Dieser Server ist eine Maschine für sich und nimmt keine anderen Knoten an. Verbünde beginnen mit „plenum start control“.',
} as const;
