import json,glob,re,collections,unicodedata
W=re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
langs=collections.defaultdict(list)
for f in glob.glob('/work/main/tests/corpus/*/*.jsonl'):
    lang=f.split('/')[-2]
    for l in open(f):
        d=json.loads(l); t=d.get('text') or d.get('body') or ''
        if t: langs[lang].append(t)
for f in glob.glob('/work/main/tests/corpus/entities/*.txt'):
    for doc in re.split(r'\n# ',open(f).read()):
        langs['en'].append(re.sub(r'\[([^\]|]*)\|?[^\]]*\]',r'\1',doc))
for f in ('one','two','alike'):
    for l in open(f'/tmp/dup/corpus/{f}.jsonl'):
        try: d=json.loads(l)
        except: continue
        langs['en'].append(d['text'])
out=set()
for lang,docs in langs.items():
    if lang in('zh',): continue
    df=collections.Counter(); cap=collections.Counter()
    for t in docs:
        s=set();c=set()
        for m in W.finditer(unicodedata.normalize('NFKC',t)):
            w=m.group().replace("'",'').replace('’','')
            (c if w[0].isupper() else s).add(w.lower()[:6])
        df.update(s);cap.update(c-s)
    n=len(docs)
    least=max(3,n*(0.006 if n>800 else 0.03))
    ws=[w for w,k in df.items() if k>=least and k>=cap[w]*0.5]
    print(lang,n,len(ws))
    out|=set(ws)
open('/tmp/dup/common.txt','w').write('\n'.join(sorted(out))+'\n')
print(len(out))
