/*
 * The call: one LiveKit room, drawn as tiles.  It knows nothing of sessions
 * and policies; it has a token, and LiveKit decides what that allows.
 */

export class Call {
  /* livekit: the livekit-client module; list: where the tiles go;
   * changed(): something to redraw; ended(reason): no longer in the room;
   * problem(text): something that the user should know. */
  constructor(livekit, list, { changed, ended, problem }) {
    this.livekit = livekit;
    this.list = list;
    this.changed = changed;
    this.problem = problem;
    this.tiles = new Map();
    this.room = new livekit.Room({ adaptiveStream: true, dynacast: true });

    const { RoomEvent } = livekit;
    const redraw = () => this.draw();

    for (const event of [
      RoomEvent.ParticipantConnected, RoomEvent.ParticipantDisconnected,
      RoomEvent.ParticipantNameChanged, RoomEvent.ParticipantAttributesChanged,
      RoomEvent.ParticipantPermissionsChanged,
      RoomEvent.TrackSubscribed, RoomEvent.TrackUnsubscribed,
      RoomEvent.TrackMuted, RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged, RoomEvent.ConnectionStateChanged,
      RoomEvent.AudioPlaybackStatusChanged,
    ]) {
      this.room.on(event, redraw);
    }

    this.room.on(RoomEvent.Disconnected, (reason) => {
      this.clear();
      ended(livekit.DisconnectReason[reason]);
    });
  }

  get me() { return this.room.localParticipant; }
  get mayPublish() { return this.me.permissions?.canPublish ?? false; }
  get silenced() { return !this.room.canPlaybackAudio; }
  get state() { return this.room.state; }

  async join(url, token) {
    await this.room.connect(url, token);
    this.draw();

    if (this.mayPublish) {
      await Promise.all([this.setMicrophone(true), this.setCamera(true)]);
    }
  }

  leave() { return this.room.disconnect(); }
  unsilence() { return this.room.startAudio(); }

  setMicrophone(on) {
    return this.device("microphone", () => this.me.setMicrophoneEnabled(on));
  }

  setCamera(on) {
    return this.device("camera", () => this.me.setCameraEnabled(on));
  }

  async device(name, action) {
    try {
      await action();
    } catch (error) {
      const why = error.name === "NotAllowedError" ? "the browser was not allowed to use it"
        : error.name === "NotFoundError" ? "there is none"
        : error.message;
      this.problem(`No ${name}: ${why}.`);
    }
    this.draw();
  }

  draw() {
    const { ConnectionState } = this.livekit;
    const people = this.state === ConnectionState.Disconnected ? []
      : [this.me, ...this.room.remoteParticipants.values()];

    for (const [sid, tile] of this.tiles) {
      if (!people.some((person) => person.sid === sid)) {
        tile.remove();
        this.tiles.delete(sid);
      }
    }
    people.forEach((person) => this.drawTile(person));
    this.changed();
  }

  drawTile(person) {
    const { Track } = this.livekit;
    let tile = this.tiles.get(person.sid);

    if (!tile) {
      tile = new Tile(this.list, person === this.me);
      this.tiles.set(person.sid, tile);
    }

    const camera = person.getTrackPublication(Track.Source.Camera);
    const microphone = person.getTrackPublication(Track.Source.Microphone);

    tile.setPerson(person);
    tile.setVideo(camera && !camera.isMuted ? camera.track : undefined);

    if (person === this.me) {
      const live = microphone && !microphone.isMuted ? microphone.track : undefined;
      tile.setMeter(live, this.livekit.createAudioAnalyser);
    } else {
      tile.setAudio(microphone?.track);
    }
  }

  clear() {
    this.tiles.forEach((tile) => tile.remove());
    this.tiles.clear();
  }
}


class Tile {
  constructor(list, self) {
    this.self = self;
    this.box = document.createElement("li");
    this.box.className = self ? "tile self" : "tile";

    this.avatar = make("span", "avatar");
    this.avatar.setAttribute("aria-hidden", "true");
    this.label = make("span", "label");
    this.name = make("strong");
    this.role = make("span", "role");
    this.label.append(this.name, this.role);
    this.box.append(this.avatar, this.label);
    list.append(this.box);
  }

  setPerson(person) {
    const name = person.name || person.identity;

    this.name.textContent = this.self ? `${name} (you)` : name;
    this.role.textContent = person.attributes.role ?? "";
    this.avatar.textContent = name.slice(0, 1).toUpperCase();
    this.box.dataset.identity = person.identity;
    this.box.classList.toggle("speaking", person.isSpeaking);
  }

  setVideo(track) {
    if (track === this.video) {
      return;
    }
    this.detach(this.video);
    this.video = track;

    if (track) {
      const element = track.attach();
      element.setAttribute("aria-label", `Camera of ${this.name.textContent}`);
      this.box.insertBefore(element, this.label);
    }
  }

  setAudio(track) {
    if (track === this.audio) {
      return;
    }
    this.detach(this.audio);
    this.audio = track;

    if (track) {
      this.box.append(track.attach());
    }
  }

  /* Shows oneself that one is heard, without the echo. */
  setMeter(track, createAudioAnalyser) {
    if (track === this.measured) {
      return;
    }
    this.stopMeter?.();
    this.stopMeter = undefined;
    this.measured = track;

    if (!track) {
      return;
    }

    const { calculateVolume, cleanup } = createAudioAnalyser(track);
    const meter = make("span", "meter");
    const bar = make("i");
    const timer = setInterval(() => {
      bar.style.setProperty("--level", Math.min(1, calculateVolume() * 2.5).toFixed(2));
    }, 80);

    meter.setAttribute("role", "img");
    meter.setAttribute("aria-label", "Level of your microphone");
    meter.append(bar);
    this.label.append(meter);
    this.stopMeter = () => {
      clearInterval(timer);
      meter.remove();
      cleanup();
    };
  }

  detach(track) {
    track?.detach().forEach((element) => element.remove());
  }

  remove() {
    this.detach(this.video);
    this.detach(this.audio);
    this.stopMeter?.();
    this.box.remove();
  }
}


function make(tag, className = "") {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
