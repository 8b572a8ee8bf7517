/**
 * What every `install.ps1` does, as functions of Windows PowerShell 5.1; `Install-Release` begins. It reads the variables $app,
 * $slug, $release, $page, $notice, $needsToken and $wanted, and calls `Get-File`, which gives the files.
 *
 * Nothing that a release or a request says is put into this text. It throws and never exits, since `iex` runs it in the
 * window of whoever calls it.
 */
export const INSTALL_PS1_BODY = `function Get-Machine {
  # A 32-bit PowerShell is told the processor of the system in the other variable.
  $name = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
  switch ($name) {
    'AMD64' { 'x64' }
    'ARM64' { 'arm64' }
    'x86' { 'x86' }
    default { throw "This script does not know the processor $name." }
  }
}

# The best file for the machine; what another processor is emulated for comes later.
function Select-File($files, $arch) {
  if ($wanted) {
    $named = @($files | Where-Object { $_.Name -ceq $wanted })
    if ($named.Count -eq 0) { throw "$app $release has no file $wanted that can be installed so." }
    return $named[0]
  }
  $runs = switch ($arch) {
    'arm64' { @('arm64', 'x64', 'x86') }
    'x64' { @('x64', 'x86') }
    default { @('x86') }
  }
  $best = $null
  $rivals = @()
  foreach ($file in $files) {
    $emulated = 0
    if ($file.Arch -ne 'any' -and $file.Arch -ne 'universal') { $emulated = [array]::IndexOf($runs, $file.Arch) }
    if ($emulated -lt 0) { continue }
    $rank = $file.Rank + 1000 * $emulated
    if ($null -eq $best -or $rank -lt $best) {
      $best = $rank
      $rivals = @($file)
    } elseif ($rank -eq $best) { $rivals += $file }
  }
  if ($rivals.Count -eq 0) { throw "$app $release has no file for Windows on $arch that can be installed so. See $page" }
  if ($rivals.Count -gt 1) {
    $names = ($rivals | ForEach-Object { $_.Name }) -join ', '
    throw "$app $release has several files for this machine: $names. Choose one: \`$env:DIST_FILE = 'name'"
  }
  return $rivals[0]
}

function Add-ToPath($folder) {
  # Read without expanding: %USERPROFILE% in it shall stay as it is.
  $key = [Microsoft.Win32.Registry]::CurrentUser.OpenSubKey('Environment', $true)
  try {
    $path = [string]$key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    if (($path -split ';') -contains $folder) { return }
    $longer = (@($path.TrimEnd(';'), $folder) | Where-Object { $_ }) -join ';'
    $key.SetValue('Path', $longer, [Microsoft.Win32.RegistryValueKind]::ExpandString)
  } finally { $key.Close() }
  # Setting any variable tells running programs that the environment changed.
  [Environment]::SetEnvironmentVariable('DIST_PATH_CHANGED', '1', 'User')
  [Environment]::SetEnvironmentVariable('DIST_PATH_CHANGED', $null, 'User')
  $env:Path = "$env:Path;$folder"
  Write-Host "$folder is on your PATH from now on, in new windows too."
}

# Beside its place first; what was there before goes away once the new folder stands.
function Install-Folder($from, $folder) {
  $old = "$folder.old"
  if (Test-Path -LiteralPath $old) { Remove-Item -LiteralPath $old -Recurse -Force }
  if (Test-Path -LiteralPath $folder) { [IO.Directory]::Move($folder, $old) }
  try { Move-Item -LiteralPath $from -Destination $folder }
  catch {
    if (Test-Path -LiteralPath $old) { [IO.Directory]::Move($old, $folder) }
    throw
  }
  if (Test-Path -LiteralPath $old) { Remove-Item -LiteralPath $old -Recurse -Force -ErrorAction SilentlyContinue }
}

function Install-Release {
  $ErrorActionPreference = 'Stop'
  # Its bar makes a download many times slower.
  $ProgressPreference = 'SilentlyContinue'
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  if ($env:DIST_FILE) { $wanted = $env:DIST_FILE }
  $arch = Get-Machine
  $file = Select-File (Get-File) $arch
  $programs = if ($env:DIST_INSTALL_DIR) { $env:DIST_INSTALL_DIR } else { Join-Path $env:LOCALAPPDATA 'Programs' }
  $folder = Join-Path $programs $slug
  $isPortable = $file.Format -eq 'zip' -or $file.Format -eq 'pe'
  if ($env:DIST_DRY_RUN -and $env:DIST_DRY_RUN -ne '0') {
    Write-Host "$app $release on Windows, $arch"
    Write-Host "Would download $($file.Url) ($($file.Size) bytes)"
    Write-Host "Would check that its SHA-256 is $($file.Sha256)"
    if ($isPortable) { Write-Host "Would install it to $folder and add that to your PATH" }
    else { Write-Host 'Would keep it in Downloads and start it' }
    return
  }
  if ($notice) { Write-Warning $notice }
  $request = @{ Uri = $file.Url; UseBasicParsing = $true }
  if ($needsToken) {
    if (-not $env:DIST_TOKEN) { throw "$app is not public: put a token that may read into \`$env:DIST_TOKEN" }
    $request.Headers = @{ Authorization = "Bearer $env:DIST_TOKEN" }
    # Where a redirect leads, a token does not go.
    $request.MaximumRedirection = 0
  }
  $work = Join-Path ([IO.Path]::GetTempPath()) ('install-' + [Guid]::NewGuid().ToString('N'))
  [void](New-Item -ItemType Directory -Path $work)
  try {
    $download = Join-Path $work ('download.' + $file.Extension)
    $request.OutFile = $download
    Invoke-WebRequest @request
    $sum = (Get-FileHash -LiteralPath $download -Algorithm SHA256).Hash
    if ($sum -ne $file.Sha256) {
      throw "The SHA-256 of $($file.Name) is $sum instead of $($file.Sha256). Nothing was installed."
    }
    if ($isPortable) {
      $tree = Join-Path $work 'tree'
      if ($file.Format -eq 'zip') {
        Expand-Archive -LiteralPath $download -DestinationPath $tree
        $inside = @(Get-ChildItem -LiteralPath $tree -Force)
        if ($inside.Count -eq 1 -and $inside[0].PSIsContainer) { $tree = $inside[0].FullName }
      } else {
        [void](New-Item -ItemType Directory -Path $tree)
        [IO.File]::Move($download, (Join-Path $tree ($file.Program + '.exe')))
      }
      [void](New-Item -ItemType Directory -Force -Path $programs)
      Install-Folder $tree $folder
      Write-Host "Installed $app \${release}: $folder"
      $bin = Join-Path $folder 'bin'
      if (@(Get-ChildItem -LiteralPath $folder -Filter '*.exe').Count -gt 0) { Add-ToPath $folder }
      elseif (Test-Path -LiteralPath $bin) { Add-ToPath $bin }
      return
    }
    $downloads = Join-Path $env:USERPROFILE 'Downloads'
    [void](New-Item -ItemType Directory -Force -Path $downloads)
    $kept = Join-Path $downloads $file.Name
    if (Test-Path -LiteralPath $kept) { Remove-Item -LiteralPath $kept -Force }
    [IO.File]::Move($download, $kept)
    Write-Host "$kept has the SHA-256 of $app $release. Starting it."
    switch ($file.Format) {
      'exe' { Start-Process -FilePath $kept }
      'msi' { Start-Process -FilePath 'msiexec.exe' -ArgumentList ('/i "' + $kept + '"') }
      default { Add-AppxPackage -Path $kept }
    }
  } finally { Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue }
}
`
