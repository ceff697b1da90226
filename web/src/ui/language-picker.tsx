import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
} from 'react-aria-components';
import { currentLanguage, offeredLanguages, takeLanguage, text } from '../strings/index.js';
import { useClient } from './client.js';
import { Icon } from './icons.js';

/** Every language by the name its speakers give it, so that it is found from any other. */
export function LanguagePicker() {
  const { settings } = useClient();
  const { language } = currentLanguage();
  const choose = (tag: string) => {
    settings.language = tag;
    void takeLanguage(tag, navigator.languages);
  };
  return (
    <Select
      className="language-picker"
      value={language.tag}
      onChange={(tag) => choose(String(tag))}
    >
      <Label className="visually-hidden">{text('app.language')}</Label>
      <Button className="button quiet">
        <Icon name="globe" />
        <SelectValue lang={language.tag} dir={language.dir}>
          {language.name}
        </SelectValue>
      </Button>
      <Popover className="popover">
        <ListBox className="listbox">
          {offeredLanguages.map(({ tag, dir, name }) => (
            <ListBoxItem key={tag} id={tag} className="listbox-item" textValue={name}>
              <span lang={tag} dir={dir}>
                {name}
              </span>
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
