module.exports=class{constructor(r){let last=performance.now();let cpu=process.cpuUsage();let f0,t0=0,n=0,c0=0;
const flush=()=>{if(f0)console.log('FILE',(t0/1000).toFixed(1),(c0/1e6).toFixed(1),n,f0);};
const add=(x)=>{const now=performance.now();const c=process.cpuUsage();const f=(x.file||'?').replace(/.*wt\/lead\//,'');if(f!==f0){flush();f0=f;t0=0;n=0;c0=0;}t0+=now-last;c0+=c.user+c.system-cpu.user-cpu.system;cpu=c;n++;if(now-last>3000)console.log('  T',((now-last)/1000).toFixed(1),x.fullTitle());last=now;};
r.on('test end',add);r.on('hook end',add);r.once('end',flush);}};
