import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { Button, Label, Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { cutPicture, drawCrop } from '../../session/picture.js';
import { type Crop, maxZoom, moved, wholeCrop } from '../../session/picture-crop.js';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { Problem } from '../site/problem.js';
import { useAct } from '../site/use-act.js';

interface PictureDialogProps {
  picture: ImageBitmap;
  onCut: (file: Blob) => Promise<void>;
  onClose: () => void;
}

/** Cuts the square out of a picture: by dragging, by arrow keys, by a slider. */
export function PictureDialog({ picture, onCut, onClose }: PictureDialogProps) {
  const [crop, setCrop] = useState(wholeCrop);
  const { isBusy, problem, act } = useAct();
  const save = () =>
    act(async () => {
      await onCut(await cutPicture(picture, crop));
      onClose();
    });
  return (
    <PlainDialog title={text('account.cutPicture')} isOpen onClose={onClose}>
      <p className="muted">{text('account.cutHint')}</p>
      <CropView picture={picture} crop={crop} onCrop={setCrop} />
      <Slider
        className="slider"
        minValue={1}
        maxValue={maxZoom}
        step={0.05}
        value={crop.zoom}
        onChange={(zoom) => setCrop({ ...crop, zoom })}
      >
        <Label>{text('account.zoom')}</Label>
        <SliderTrack className="slider-track">
          <SliderThumb className="slider-thumb" />
        </SliderTrack>
      </Slider>
      <Problem {...problem} />
      <div className="dialog-actions">
        <Button className="button" onPress={onClose}>
          {text('form.cancel')}
        </Button>
        <Button className="button primary" aria-disabled={isBusy} onPress={save}>
          {text('account.usePicture')}
        </Button>
      </div>
    </PlainDialog>
  );
}

const viewPixels = 400;
const keyStep = 0.05;

/** How far an arrow key moves the square over the picture. */
const steps: Readonly<Record<string, { x: number; y: number }>> = {
  ArrowLeft: { x: -keyStep, y: 0 },
  ArrowRight: { x: keyStep, y: 0 },
  ArrowUp: { x: 0, y: -keyStep },
  ArrowDown: { x: 0, y: keyStep },
};

interface CropViewProps {
  picture: ImageBitmap;
  crop: Crop;
  onCrop: (crop: Crop) => void;
}

function CropView({ picture, crop, onCrop }: CropViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawCrop(canvas.current, picture, crop);
  }, [picture, crop]);
  const press = (event: KeyboardEvent) => {
    const by = steps[event.key];
    if (!by) return;
    event.preventDefault();
    onCrop(moved(picture, crop, by));
  };
  const drag = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 1) return;
    const side = event.currentTarget.clientWidth;
    const by = { x: -event.movementX / side, y: -event.movementY / side };
    onCrop(moved(picture, crop, by));
  };
  return (
    <canvas
      ref={canvas}
      className="crop"
      width={viewPixels}
      height={viewPixels}
      tabIndex={0}
      role="img"
      aria-label={text('account.cutView')}
      onKeyDown={press}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
    />
  );
}
